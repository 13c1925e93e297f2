import type {Plugin} from 'rolldown';

/** A file of a package, what it creates or loads at a start, and replacements that do it on first use. */
type Delay = {readonly file: RegExp; readonly pieces: readonly (readonly [eager: string, lazy: string])[]};

const delays: readonly Delay[] = [
	{
		// 30 ms: most frames need none of these.
		file: /\/string-width\/index\.js$/,
		pieces: [
			[
				'const segmenter = new Intl.Segmenter();',
				'let made; const segmenter = {segment: text => (made ??= new Intl.Segmenter()).segment(text)};',
			],
			[
				'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
				"let emoji; const rgiEmojiRegex = {test: text => (emoji ??= new RegExp('^\\\\p{RGI_Emoji}$', 'v')).test(text)};",
			],
		],
	},
	{
		// 14 ms: only log-ins with a password compute hashes.
		file: /\/pg\/lib\/crypto\/utils\.js$/,
		pieces: [
			[
				"const nodeCrypto = require('crypto')",
				"const nodeCrypto = {createHash: name => process.getBuiltinModule('node:crypto').createHash(name)}",
			],
			['const webCrypto = nodeCrypto.webcrypto || globalThis.crypto', ''],
			['const subtleCrypto = webCrypto.subtle', ''],
			['return webCrypto.', 'return globalThis.crypto.'],
			['await subtleCrypto.', 'await globalThis.crypto.subtle.'],
		],
	},
];

/** Delays what packages load at a start until they use it; throws if one of them has changed. */
export const lazyPackages = (): readonly Plugin[] =>
	delays.map(({file, pieces}) => ({
		name: `lazy ${file.source}`,
		transform: {
			filter: {id: file},
			handler: source =>
				pieces.reduce((code, [eager, lazy]) => {
					if (!code.includes(eager)) throw new Error(`A file like ${file.source} no longer contains ${eager}`);
					return code.replaceAll(eager, () => lazy);
				}, source),
		},
	}));
