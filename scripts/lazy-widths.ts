import type {Plugin} from 'rolldown';

// What string-width makes when it is loaded, and how it is made when it is first needed instead.
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

/** Keeps 30 ms out of the start: most frames hold nothing that has to be measured by these. Throws where string-width has changed. */
export const lazyWidths = (): Plugin => ({
	name: 'lazy-widths',
	transform: {
		filter: {id: /\/string-width\/index\.js$/},
		handler: source =>
			lazily.reduce((code, [eager, lazy]) => {
				if (!code.includes(eager)) throw new Error(`string-width has no ${eager} any more.`);
				return code.replace(eager, () => lazy);
			}, source),
	},
});
