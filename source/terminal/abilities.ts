/** Number of colors of a terminal: none, the first eight, or the sixteen of its palette. */
export type Colors = 'none' | 'eight' | 'sixteen';

/** What a terminal can show. Everything painted is limited to it, by our own painter and by Ink alike. */
export type Abilities = {
	readonly colors: Colors;
	/** True if it shows only printable ASCII. */
	readonly ascii: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

// Black and white: DEC and Wyse terminals before the VT525, and the entries of terminfo that say so in their names.
const monochrome = /^(?:dumb|vt(?:52|1\d\d|2\d\d|3\d\d|4\d\d|510|520)\b|wy(?:50|60|150)\b)|-(?:m|mono)$/;
const eightColors = /^(?:linux|cons25|ansi|pcansi)\b|-8color$/;

/**
 * Colors of a terminal. `wanted` is false with --no-color; NO_COLOR does the same, and FORCE_COLOR decides before TERM does. A
 * terminal of unknown name has colors: all that are built today have, and COLORTERM is about more colors than are used here.
 */
const colorsOf = ({NO_COLOR, FORCE_COLOR, TERM = ''}: Environment, wanted: boolean): Colors => {
	if (!wanted || NO_COLOR || FORCE_COLOR === '0' || FORCE_COLOR === 'false') return 'none';
	if (!FORCE_COLOR && monochrome.test(TERM)) return 'none';
	return eightColors.test(TERM) ? 'eight' : 'sixteen';
};

/** Locale of characters, as POSIX finds it: the first variable that is set and not empty. */
const localeOf = ({LC_ALL, LC_CTYPE, LANG}: Environment): string => LC_ALL || LC_CTYPE || LANG || '';

// A locale without a codeset is one of ISO 8859 in glibc; macOS has one that is only a codeset.
const utf8 = /(?:^|\.)utf-?8(?:@.*)?$/i;

/** True if a locale is not UTF-8. Containers often set none at all, and the terminals before them are UTF-8. */
const isAsciiLocale = (locale: string): boolean => locale !== '' && !utf8.test(locale);

/** Judges a terminal by its environment and the options of the user: the only place that does. */
export const abilitiesOf = (
	environment: Environment,
	options: {readonly color: boolean; readonly ascii: boolean},
): Abilities => ({
	colors: colorsOf(environment, options.color),
	ascii: options.ascii || isAsciiLocale(localeOf(environment)),
});
