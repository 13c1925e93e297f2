import type {TextProps} from 'ink';
import type {Tone} from '../core/text/line.ts';
import type {Theme} from '../terminal/style.ts';

/** The themes by name. Each marks trouble by more than color, so that it is visible without any. */
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
		cpu: {foreground: 'green'},
		io: {foreground: 'blue'},
		lwlock: {foreground: 'magenta'},
		lock: {foreground: 'bright-red', bold: true},
		client: {foreground: 'cyan'},
		other: {foreground: 'bright-black'},
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
		cpu: {foreground: 'green'},
		io: {foreground: 'blue'},
		lwlock: {foreground: 'magenta'},
		lock: {foreground: 'red', bold: true},
		client: {foreground: 'cyan'},
		other: {dim: true},
	},
};

/** A tone as the properties of Ink's text. */
export const textProps = (theme: Theme, tone: Tone, hasColor: boolean): Omit<TextProps, 'children'> => {
	const {foreground, bold = false, dim = false, inverse = false} = theme[tone];
	const hue = foreground?.replace(/^bright-/, '');
	const name = foreground?.startsWith('bright-') ? (hue === 'black' ? 'gray' : `${hue}Bright`) : hue;
	return {bold, dimColor: dim, inverse, ...(hasColor && name !== undefined && {color: name})};
};
