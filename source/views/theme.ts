import type {TextProps} from 'ink';
import type {Tone} from '../core/text/line.ts';
import type {Theme} from '../terminal/style.ts';

/** The looks to choose from by name. Each marks trouble by more than colour, so that it is seen without any. */
export const themes: Readonly<Record<string, Theme>> = {
	dark: {
		calm: {},
		dim: {foreground: 'bright-black'},
		strong: {bold: true},
		warn: {foreground: 'yellow'},
		danger: {foreground: 'bright-red', bold: true},
		good: {foreground: 'green'},
		cursor: {inverse: true},
		bar: {inverse: true},
		key: {foreground: 'cyan', bold: true},
	},
	light: {
		calm: {},
		dim: {dim: true},
		strong: {bold: true},
		warn: {foreground: 'magenta'},
		danger: {foreground: 'red', bold: true},
		good: {foreground: 'green'},
		cursor: {inverse: true},
		bar: {inverse: true},
		key: {foreground: 'blue', bold: true},
	},
};

/** A tone as Ink's text draws it. */
export const textProps = (theme: Theme, tone: Tone, colour: boolean): Omit<TextProps, 'children'> => {
	const {foreground, bold = false, dim = false, inverse = false} = theme[tone];
	const color = foreground?.replace(/^bright-(.)/, (_, first: string) => `${first}`);
	const name = foreground?.startsWith('bright-') ? (foreground === 'bright-black' ? 'gray' : `${color}Bright`) : color;
	return {bold, dimColor: dim, inverse, ...(colour && name !== undefined && {color: name})};
};
