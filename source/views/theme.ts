import type {LabelColor, ThemeName} from '../core/config.ts';
import type {Style, Theme} from '../terminal/style.ts';

/** The themes by name. Trouble is never shown by color alone: a word, a mark or a number says it too. */
export const themes: Readonly<Record<ThemeName, Theme>> = {
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
		label: {inverse: true, bold: true},
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
		label: {inverse: true, bold: true},
	},
	// Blue and yellow differ to everyone; danger brings its own background, so that it stands out on dark and light screens.
	colorblind: {
		calm: {},
		dim: {dim: true},
		strong: {bold: true},
		warn: {foreground: 'bright-blue', bold: true},
		danger: {foreground: 'black', background: 'bright-yellow'},
		good: {bold: true},
		cursor: {inverse: true},
		bar: {inverse: true},
		key: {bold: true, underline: true},
		cpu: {foreground: 'blue'},
		io: {foreground: 'cyan'},
		lwlock: {foreground: 'bright-black'},
		lock: {foreground: 'bright-yellow'},
		client: {},
		other: {dim: true},
		label: {inverse: true, bold: true},
	},
};

/** The theme of terminals without colors. */
export const monochrome: Theme = {
	calm: {},
	dim: {dim: true},
	strong: {bold: true},
	warn: {underline: true},
	danger: {bold: true, underline: true},
	good: {bold: true},
	cursor: {inverse: true},
	bar: {inverse: true},
	key: {bold: true},
	cpu: {},
	io: {dim: true},
	lwlock: {underline: true},
	lock: {bold: true},
	client: {dim: true},
	other: {dim: true},
	label: {inverse: true, bold: true},
};

/** The style of a label of each color, in any theme. */
export const labelStyles: Readonly<Record<LabelColor, Style>> = {
	red: {foreground: 'bright-white', background: 'red', bold: true},
	yellow: {foreground: 'black', background: 'yellow'},
	green: {foreground: 'black', background: 'green'},
	cyan: {foreground: 'black', background: 'cyan'},
	blue: {foreground: 'bright-white', background: 'blue', bold: true},
	magenta: {foreground: 'bright-white', background: 'magenta', bold: true},
	white: {foreground: 'black', background: 'white'},
};
