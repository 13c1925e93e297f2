import type {Tone} from '../core/text/line.ts';

const hues = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
type Hue = (typeof hues)[number];

/** One of the sixteen colours that every terminal has and the user's own palette defines. */
export type Colour = Hue | `bright-${Hue}`;

/** How a piece of text looks, as data; what is not named is the terminal's default. */
export type Style = {
	readonly foreground?: Colour;
	readonly background?: Colour;
	readonly bold?: boolean;
	readonly dim?: boolean;
	readonly underline?: boolean;
	readonly inverse?: boolean;
};

/** The look of every tone. */
export type Theme = Readonly<Record<Tone, Style>>;

/** A style packed into 14 bits, so that cells compare as numbers; 0 is the terminal's default look. */
export type StyleCode = number;

/** The bits of a packed style; `foreground` and `background` hold 0 for the default or 1 to 16 for a colour. */
export const bits = {bold: 1, dim: 2, underline: 4, inverse: 8, foreground: 4, background: 9} as const;

/** Every bit that is not a colour: what a style keeps on a screen without colours. */
export const attributes = bits.bold | bits.dim | bits.underline | bits.inverse;

const fiveBits = 0x1f;

/** The colour number (0 default, 1 to 16) of a packed style's text. */
export const foregroundOf = (code: StyleCode): number => (code >> bits.foreground) & fiveBits;

/** The colour number (0 default, 1 to 16) behind a packed style's text. */
export const backgroundOf = (code: StyleCode): number => (code >> bits.background) & fiveBits;

/** The packed style with another text colour (0 default, 1 to 16). */
export const withForeground = (code: StyleCode, colour: number): StyleCode =>
	(code & ~(fiveBits << bits.foreground)) | (colour << bits.foreground);

/** The packed style with another background colour (0 default, 1 to 16). */
export const withBackground = (code: StyleCode, colour: number): StyleCode =>
	(code & ~(fiveBits << bits.background)) | (colour << bits.background);

const numberOf = (colour: Colour | undefined): number => {
	if (colour === undefined) return 0;
	const bright = colour.startsWith('bright-');
	return hues.indexOf((bright ? colour.slice('bright-'.length) : colour) as Hue) + (bright ? 9 : 1);
};

/** Packs a style; without colours only bold, dim, underline and inverse remain. */
export const pack = (style: Style, colour = true): StyleCode => {
	let code = 0;
	if (style.bold) code |= bits.bold;
	if (style.dim) code |= bits.dim;
	if (style.underline) code |= bits.underline;
	if (style.inverse) code |= bits.inverse;
	return colour ? withBackground(withForeground(code, numberOf(style.foreground)), numberOf(style.background)) : code;
};

/** The packed style of every tone, with or without colours. */
export const packTheme = (theme: Theme, colour: boolean): Readonly<Record<Tone, StyleCode>> =>
	Object.fromEntries(Object.entries(theme).map(([tone, style]) => [tone, pack(style, colour)])) as Record<Tone, StyleCode>;

/** The style as a blank shows it: without a background, an underline or inverse video a blank looks like the screen itself. */
export const blankStyle = (code: StyleCode): StyleCode =>
	(code & (bits.underline | bits.inverse)) === 0 ? code & (fiveBits << bits.background) : code;
