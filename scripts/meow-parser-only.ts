import type {Plugin} from 'rolldown';

// What meow takes from the packages inside it. It needs yargs-parser and minimist-options; the others format help, read and correct a
// package.json, and change the case of keys, for which ASCII will do, and which yargs-parser has done in what it returns.
const packages =
	'export { readPackageUpSync as a, constructParserOptions as b, camelcaseKeys as c, decamelizeKeys as d, decamelize as e, normalizePackageData as n, redent as r, trimNewlines as t, yargsParser as y };';
const needed = `
const kebab = key => key.replace(/[A-Z]/g, letter => '-' + letter.toLowerCase());
const kebabKeys = object => Object.fromEntries(Object.entries(object).map(([key, value]) => [kebab(key), value]));
const same = value => value;
export { same as a, constructParserOptions as b, same as c, kebabKeys as d, kebab as e, same as n, same as r, same as t, yargsParser as y };
`;

// The bundler keeps calls at the top of a file, with all that they reach, unless they are marked as calls without effects.
const calls = /^((?:var|const) [\w$]+ = )(?=require[\w$]*\(|getDefaultExportFromCjs\(|new )/gm;
const call = '\npromisify(execFile);';

// Importing node:process opens stdin and stdout, and every other import of this kind takes time as well. yargs-parser needs them only
// for options that name files.
const builtIns = /^import .* from '(?:node:)?[a-z_]+';$/gm;
const absent = 'const createRequire = undefined, format = undefined, normalize = undefined, resolve = undefined;';

/** The packages inside meow with only the parser exported, the rest ready to be dropped; throws if meow has changed. */
export const parserOf = (dependencies: string): string => {
	for (const part of [packages, call]) if (!dependencies.includes(part)) throw new Error(`meow no longer has ${part.trim()}`);
	return (
		absent + dependencies.replace(builtIns, '').replace(calls, '$1/* @__PURE__ */ ').replace(call, '').replace(packages, needed)
	);
};

/** Bundles the parser of meow without the other three quarters. */
export const meowParserOnly = (): Plugin => ({
	name: 'meow-parser-only',
	transform: {
		filter: {id: /\/meow\/build\/\w+\.js$/},
		handler: (source, id) => (id.endsWith('/dependencies.js') ? parserOf(source) : source.replace(builtIns, '')),
	},
});
