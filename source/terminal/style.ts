import type {Tone} from '../core/text/line.ts';
import type {Colors} from './abilities.ts';

const hues = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
type Hue = (typeof hues)[number];

/** One of the sixteen colors that every terminal has, in the user's palette. */
export type Color = Hue | `bright-${Hue}`;

/** The style of a piece of text; absent properties are the terminal's default. */
export type Style = {
	readonly foreground?: Color;
	readonly background?: Color;
	readonly bold?: boolean;
	readonly dim?: boolean;
	readonly underline?: boolean;
	readonly inverse?: boolean;
};

/** The style of every tone. */
export type Theme = Readonly<Record<Tone, Style>>;

/** A style packed into 14 bits, so that cells compare as numbers; 0 is the terminal's default. */
export type StyleCode = number;

/** The bits of a packed style; `foreground` and `background` hold 0 for the default or 1 to 16 for a color. */
export const bits = {bold: 1, dim: 2, underline: 4, inverse: 8, foreground: 4, background: 9} as const;

/** Every bit except the colors: all that a screen without colors shows. */
export const attributes = bits.bold | bits.dim | bits.underline | bits.inverse;

const fiveBits = 0x1f;

/** The color number (0 default, 1 to 16) of a packed style's text. */
export const foregroundOf = (code: StyleCode): number => (code >> bits.foreground) & fiveBits;

/** The color number (0 default, 1 to 16) behind a packed style's text. */
export const backgroundOf = (code: StyleCode): number => (code >> bits.background) & fiveBits;

/** The packed style with another text color (0 default, 1 to 16). */
export const withForeground = (code: StyleCode, color: number): StyleCode =>
	(code & ~(fiveBits << bits.foreground)) | (color << bits.foreground);

/** The packed style with another background color (0 default, 1 to 16). */
export const withBackground = (code: StyleCode, color: number): StyleCode =>
	(code & ~(fiveBits << bits.background)) | (color << bits.background);

const numberOf = (color: Color | undefined): number => {
	if (color === undefined) return 0;
	const bright = color.startsWith('bright-');
	return hues.indexOf((bright ? color.slice('bright-'.length) : color) as Hue) + (bright ? 9 : 1);
};

// On eight colors a bright one is its plain one in bold, and gray is dim.
const withinEight = (style: Style): Style => {
	const plain = (color: Color | undefined): Color | undefined => color?.replace('bright-', '') as Color | undefined;
	const {foreground, background, ...rest} = style;
	const [text, behind] = [plain(foreground), plain(background)];
	if (foreground === 'bright-black') return {...rest, dim: true, ...(behind && {background: behind})};
	return {
		...rest,
		...(text && {foreground: text}),
		...(behind && {background: behind}),
		...(foreground?.startsWith('bright-') && {bold: true}),
	};
};

/** Packs a style as a terminal with those colors can show it; without any, only bold, dim, underline and inverse remain. */
export const pack = (style: Style, colors: Colors = 'sixteen'): StyleCode => {
	const {foreground, background, bold, dim, underline, inverse} = colors === 'eight' ? withinEight(style) : style;
	let code = 0;
	if (bold) code |= bits.bold;
	if (dim) code |= bits.dim;
	if (underline) code |= bits.underline;
	if (inverse) code |= bits.inverse;
	return colors === 'none' ? code : withBackground(withForeground(code, numberOf(foreground)), numberOf(background));
};

/** Packed style of every tone. */
export type ToneStyles = Readonly<Record<Tone, StyleCode>>;

/** The packed style of every tone, on a terminal with those colors. */
export const packTheme = (theme: Theme, colors: Colors): ToneStyles =>
	Object.fromEntries(Object.entries(theme).map(([tone, style]) => [tone, pack(style, colors)])) as ToneStyles;

/** The style as a blank shows it: a blank without background or inverse video looks like the default, and is not underlined. */
export const blankStyle = (code: StyleCode): StyleCode =>
	(code & bits.inverse) === 0 ? code & (fiveBits << bits.background) : code;
