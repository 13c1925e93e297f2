import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {rolldown} from 'rolldown';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {meowParserOnly, parserOf} from '../../scripts/meow-parser-only.ts';
import {flags} from '../../source/command-line/option-table.ts';
import type * as Options from '../../source/command-line/options.ts';
import {parseArguments} from '../../source/command-line/options.ts';

type Parse = typeof parseArguments;

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'pgtriage-meow-'));
const file = join(folder, 'options.mjs');
let bundled: Parse;

beforeAll(async () => {
	const bundle = await rolldown({
		input: join(root, 'source/command-line/options.ts'),
		platform: 'node',
		plugins: [meowParserOnly()],
	});
	await bundle.write({file});
	bundled = ((await import(file)) as typeof Options).parseArguments;
});

afterAll(() => rmSync(folder, {recursive: true}));

/** The outcome of a command line: what it means, or the mistake in it. */
const outcome = (parse: Parse, argv: readonly string[]): unknown => {
	try {
		return parse(argv);
	} catch (error) {
		if (!(error instanceof Error) || !('hint' in error)) throw error;
		return {message: error.message, hint: error.hint};
	}
};

const names = flags.flatMap(({name, short}) => [`--${name}`, `--no-${name}`, ...(short ? [`-${short}`] : [])]);
const value = fc.oneof(
	fc.constantFrom(
		'true',
		'false',
		'"a"',
		'',
		'-',
		'-1',
		'-1h',
		'1s',
		'json',
		'a b',
		'a=b',
		'a.b',
		'replay',
		'demo',
		'--',
		'--once',
	),
	fc.string({maxLength: 4}),
);
const argument = fc.oneof(
	fc.constantFrom(...names),
	fc.tuple(fc.constantFrom(...names), fc.constantFrom('=', ''), value).map(parts => parts.join('')),
	value,
);

describe('meow in the bundle', () => {
	it('imports nothing, not even from Node', () => {
		expect(readFileSync(file, 'utf8')).not.toMatch(/^import\b|\brequire\(["']/m);
	});

	it('reads any command line as the whole of meow does', () => {
		fc.assert(
			fc.property(fc.array(argument, {maxLength: 5}), argv => {
				expect(outcome(bundled, argv)).toEqual(outcome(parseArguments, argv));
			}),
			{numRuns: 2000},
		);
	});

	it('fails the build if meow has changed', () => {
		expect(() => parserOf('export {};')).toThrow('meow no longer has');
	});
});
