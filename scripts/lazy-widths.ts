import type {Plugin} from 'rolldown';

// Objects that string-width creates when it is loaded, and their replacements that are created on first use.
const lazily: readonly (readonly [string, string])[] = [
	[
		'const segmenter = new Intl.Segmenter();',
		'let made; const segmenter = {segment: text => (made ??= new Intl.Segmenter()).segment(text)};',
	],
	[
		'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
		"let emoji; const rgiEmojiRegex = {test: text => (emoji ??= new RegExp('^\\\\p{RGI_Emoji}$', 'v')).test(text)};",
	],
];

/** Saves 30 ms at the start: most frames need none of these. Throws if string-width has changed. */
export const lazyWidths = (): Plugin => ({
	name: 'lazy-widths',
	transform: {
		filter: {id: /\/string-width\/index\.js$/},
		handler: source =>
			lazily.reduce((code, [eager, lazy]) => {
				if (!code.includes(eager)) throw new Error(`string-width no longer contains ${eager}.`);
				return code.replace(eager, () => lazy);
			}, source),
	},
});
