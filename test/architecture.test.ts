import {globSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {folderCycles} from './laws/cycles.ts';
import {auditWriters, brokenHabits} from './laws/habits.ts';
import {brokenImports, core, deadRows, layerOf, layers} from './laws/layers.ts';
import {messageDecisions} from './laws/messages.ts';
import {doubledNames} from './laws/names.ts';
import {brokenSinks, missingSinks} from './laws/sinks.ts';
import {importsOf, loadedWith, type SourceFile} from './laws/syntax.ts';
import {crowdedFolders, strayTests} from './laws/tree.ts';

const root = join(import.meta.dirname, '..', 'source');
const files: readonly SourceFile[] = globSync('**/*.{ts,tsx}', {cwd: root}).map(path => ({
	path,
	text: readFileSync(join(root, path), 'utf8'),
}));
const byPath = new Map(files.map(file => [file.path, file]));

/** Every law that a file breaks by itself, as sentences that begin with its path. */
const brokenLaws = (file: SourceFile): readonly string[] =>
	[...brokenImports(file), ...brokenHabits(file), ...messageDecisions(file), ...brokenSinks(file)].map(
		sentence => `${file.path} ${sentence}`,
	);

type Planted = readonly [what: string, path: string, text: string, sentence: string];

type Allowed = readonly [what: string, path: string, text: string];

describe('the program', () => {
	test('is read whole', () => {
		expect(files.length).toBeGreaterThan(300);
	});

	test('has no file that breaks a law', () => {
		expect(files.flatMap(brokenLaws)).toEqual([]);
	});

	test('has no cycle between folders', () => {
		expect(folderCycles(files)).toEqual([]);
	});

	test('has no name that two files export', () => {
		expect(doubledNames(files)).toEqual([]);
	});

	test('writes to the audit log in one file', () => {
		expect(auditWriters(files)).toHaveLength(1);
	});

	test('has every sink through which something leaves the process', () => {
		expect(missingSinks(byPath)).toEqual([]);
		expect(missingSinks(new Map())).toContain('the clipboard');
	});

	test('has no folder with more than 30 files directly in it', () => {
		expect(crowdedFolders(files.map(({path}) => path))).toEqual([]);
	});

	test('has its tests in folders of the same names', () => {
		const tests = globSync('**/*', {cwd: import.meta.dirname}).filter(path => /\.[a-z]+$/.test(path));
		expect(
			strayTests(
				tests,
				files.map(({path}) => path),
			),
		).toEqual([]);
	});

	test('loads only modules of Node and the compile cache with its first file, which has to run on a Node that is too old', () => {
		expect([...loadedWith('cli.ts', byPath)].toSorted()).toEqual(['cli.ts', 'node:', 'system/compile-cache.ts']);
	});

	test.each(['program.ts', 'run/headless.ts', 'run/full-screen.ts'])('does not load React or Ink with %s', path => {
		const loaded = loadedWith(path, byPath);
		expect([...loaded].filter(name => /^(ink|react)/.test(name))).toEqual([]);
		expect(loaded).toContain('core/values/errors.ts');
	});

	test('has every declared pane in the registry', () => {
		const declared = files.filter(({path, text}) => path.startsWith('panes/') && text.includes('definePane'));
		expect(declared.length).toBeGreaterThan(10);
		expect(declared.map(({path}) => path).filter(path => !loadedWith('panes/index.ts', byPath).has(path))).toEqual([]);
	});
});

// A folder of the core imports nothing that is listed below it; the last one nothing outside the core.
const plantedBelow = core.map((part, index): Planted => {
	const below = core[index + 1] ?? 'queries';
	const file = (of: string): string => (of.endsWith('.ts') ? of : `${of}/a.ts`);
	const up = '../'.repeat(file(part).split('/').length - 1);
	return [
		`${part} that imports ${below}`,
		file(part),
		`import type {A} from '${up}${file(below)}';`,
		`${file(part)} imports ${file(below)}, which ${part} may not`,
	];
});

const plantedImports: readonly Planted[] = [
	...plantedBelow,
	[
		'a query that imports the history',
		'queries/a.ts',
		`import type {Past} from '../core/history/past.ts';`,
		'queries/a.ts imports core/history/past.ts, which queries may not',
	],
	[
		'a pane that imports the state',
		'panes/locks.ts',
		`import type {State} from '../core/state/state.ts';`,
		'panes/locks.ts imports core/state/state.ts, which panes may not',
	],
	[
		'a pane in a folder that imports the state',
		'panes/sessions/a.ts',
		`import type {State} from '../../core/state/state.ts';`,
		'which panes may not',
	],
	[
		'a check that imports the state',
		'monitoring/a.ts',
		`import type {State} from '../core/state/state.ts';`,
		'monitoring/a.ts imports core/state/state.ts, which monitoring may not',
	],
	[
		'a server of metrics that queries the database',
		'adapters/metrics-server.ts',
		`import pg from 'pg';`,
		'imports pg, which adapters/metrics-server.ts may not',
	],
	[
		'a password command that opens a session',
		'adapters/programs/a.ts',
		`import {a} from '../session/a.ts';`,
		'adapters/programs/a.ts imports adapters/session/a.ts, which adapters/programs may not',
	],
	[
		'a command for findings that imports a finding',
		'adapters/finding-command.ts',
		`import {a} from '../findings/a.ts';`,
		'adapters/finding-command.ts imports findings/a.ts, which adapters/finding-command.ts may not',
	],
	['a pane that queries the server', 'panes/a.ts', `import pg from 'pg';`, 'imports pg, which panes may not'],
	['a pane that draws', 'panes/a.ts', `import {Text} from 'ink';`, 'imports ink, which panes may not'],
	['a pane that imports a finding', 'panes/a.ts', `import {a} from '../findings/a.ts';`, 'imports findings/a.ts'],
	['a pane that imports the registry', 'panes/a.ts', `import {registry} from './index.ts';`, 'imports panes/index.ts'],
	[
		'an outcome that imports the screen',
		'panes/outcome.ts',
		`import {screen} from '../core/screen/screen.ts';`,
		'imports core/screen/screen.ts, which panes/outcome.ts may not',
	],
	[
		'a header that imports the keys',
		'panes/header/a.ts',
		`import {a} from '../../core/keys/a.ts';`,
		'imports core/keys/a.ts, which panes/header may not',
	],
	[
		'a chart that imports the keys',
		'panes/timeline/chart.ts',
		`import {a} from '../../core/keys/a.ts';`,
		'imports core/keys/a.ts, which panes/timeline/chart.ts may not',
	],
	[
		'a registry that imports one rule',
		'panes/index.ts',
		`import {a} from '../findings/rules/a.ts';`,
		'imports findings/rules/a.ts, which panes/index.ts may not',
	],
	[
		'a tool of the findings that imports a rule',
		'findings/who.ts',
		`import {a} from './rules/locks/a.ts';`,
		'imports findings/rules/locks/a.ts, which findings may not',
	],
	[
		'a rule that imports the registry of panes',
		'findings/rules/locks/a.ts',
		`import {registry} from '../../../panes/index.ts';`,
		'imports panes/index.ts, which findings/rules may not',
	],
	[
		'a rule that imports the state',
		'findings/rules/locks/a.ts',
		`import type {State} from '../../../core/state/state.ts';`,
		'imports core/state/state.ts, which findings/rules may not',
	],
	[
		'a list of rules that imports a query',
		'findings/index.ts',
		`import {a} from '../queries/a.ts';`,
		'imports queries/a.ts, which findings/index.ts may not',
	],
	[
		'a report that reads a file',
		'report/a.ts',
		`import {openRecording} from '../adapters/record/recordings.ts';`,
		'imports adapters/record/recordings.ts, which report may not',
	],
	[
		'a manual page that reads a file',
		'command-line/manual/a.ts',
		`import {readFileSync} from 'node:fs';`,
		'imports node:fs, which command-line/manual may not',
	],
	[
		'a connection that imports a session',
		'adapters/connect/a.ts',
		`import type {A} from '../session/a.ts';`,
		'imports adapters/session/a.ts, which adapters/connect may not',
	],
	[
		'a session that imports the poller',
		'adapters/session/a.ts',
		`import {a} from '../poll/a.ts';`,
		'imports adapters/poll/a.ts, which adapters/session may not',
	],
	[
		'a poller that imports an action',
		'adapters/poll/a.ts',
		`import {a} from '../act/a.ts';`,
		'imports adapters/act/a.ts, which adapters/poll may not',
	],
	[
		'an action that imports how it is asked',
		'adapters/act/a.ts',
		`import {a} from '../../core/actions/flow/a.ts';`,
		'imports core/actions/flow/a.ts, which adapters/act may not',
	],
	[
		'an explainer that imports a view',
		'adapters/explain/a.ts',
		`import {themes} from '../../views/theme.ts';`,
		'imports views/theme.ts, which adapters/explain may not',
	],
	[
		'a recorder that imports a session',
		'adapters/record/a.ts',
		`import type {A} from '../session/a.ts';`,
		'imports adapters/session/a.ts, which adapters/record may not',
	],
	[
		'a host that imports the time travel',
		'adapters/host/a.ts',
		`import {a} from '../../core/time/travel.ts';`,
		'imports core/time/travel.ts, which adapters/host may not',
	],
	[
		'a reader of PgBouncer that imports the command line',
		'adapters/pgbouncer/poolers.ts',
		`import type {Invocation} from '../../command-line/options.ts';`,
		'imports command-line/options.ts, which adapters/pgbouncer may not',
	],
	[
		'a reader of Patroni that imports a session',
		'adapters/patroni/a.ts',
		`import {a} from '../session/a.ts';`,
		'imports adapters/session/a.ts, which adapters/patroni may not',
	],
	[
		'a reader of the configuration that imports a query',
		'adapters/config-file.ts',
		`import {a} from '../queries/a.ts';`,
		'imports queries/a.ts, which adapters/config-file.ts may not',
	],
	[
		'a file of the system that imports a pane',
		'system/a.ts',
		`import {a} from '../panes/a.ts';`,
		'imports panes/a.ts, which system may not',
	],
	[
		'a compile cache that imports the core',
		'system/compile-cache.ts',
		`import {clean} from '../core/text/clean.ts';`,
		'imports core/text/clean.ts, which system/compile-cache.ts may not',
	],
	[
		'a terminal that imports the state',
		'terminal/a.ts',
		`import type {State} from '../core/state/state.ts';`,
		'imports core/state/state.ts, which terminal may not',
	],
	['a terminal that uses React', 'terminal/a.ts', `import {useState} from 'react';`, 'imports react, which terminal may not'],
	[
		'a hook that imports a session',
		'hooks/a.ts',
		`import {openLane} from '../adapters/session/lane.ts';`,
		'imports adapters/session/lane.ts, which hooks may not',
	],
	['a view that reads a file', 'views/a.tsx', `import {readFileSync} from 'node:fs';`, 'imports node:fs, which views may not'],
	[
		'a view that sends a signal itself',
		'views/a.tsx',
		`import {createSignaller} from '../adapters/act/signaller.ts';`,
		'imports adapters/act/signaller.ts, which views may not',
	],
	[
		'a command line that opens a connection',
		'command-line/a.ts',
		`import {a} from '../adapters/connect/a.ts';`,
		'imports adapters/connect/a.ts, which command-line may not',
	],
	['a command that parses arguments again', 'run/a.ts', `import meow from 'meow';`, 'imports meow, which run may not'],
	['a command that draws', 'run/a.ts', `import {render} from 'ink';`, 'imports ink, which run may not'],
	['a demo that imports a pane', 'demo/a.ts', `import {a} from '../panes/a.ts';`, 'imports panes/a.ts, which demo may not'],
	[
		'an incident that imports the demo which plays it',
		'demo/incidents/a.ts',
		`import {a} from '../demo.ts';`,
		'imports demo/demo.ts, which demo/incidents may not',
	],
	['a demo that connects by itself', 'demo/demo.ts', `import pg from 'pg';`, 'imports pg, which demo/demo.ts may not'],
	['a description of the program that imports it', 'about.ts', `import './program.ts';`, 'imports program.ts'],
	['a first file that imports the core', 'cli.ts', `import {a} from './core/text/a.ts';`, 'imports core/text/a.ts'],
	[
		'a program that opens a connection',
		'program.ts',
		`await import('./adapters/connect/a.ts');`,
		'imports adapters/connect/a.ts, which program.ts may not',
	],
	['a file in no layer', 'core/a.ts', 'export const a = 1;', 'core/a.ts belongs to no layer'],
	[
		'core that imports Node',
		'core/text/a.ts',
		`import {readFileSync} from 'node:fs';`,
		'imports node:fs, which core/text may not',
	],
	[
		'core that imports a type in passing',
		'core/pane/a.ts',
		`export type A = import('../../adapters/session/lane.ts').Lane;`,
		'imports adapters/session/lane.ts',
	],
	[
		'core that imports a part of a package',
		'core/text/a.ts',
		`import {jsx} from 'react/jsx-runtime';`,
		'imports react/jsx-runtime',
	],
	[
		'core that imports from outside the program',
		'core/text/a.ts',
		`import json from '../../../package.json' with {type: 'json'};`,
		'imports ../../../package.json',
	],
	[
		'core that exports a name of another layer',
		'core/pane/a.ts',
		`export {sessions} from '../../queries/sessions.ts';`,
		'imports queries/sessions.ts',
	],
	[
		'core that exports all of another file',
		'core/pane/a.ts',
		`export * from '../../queries/sessions.ts';`,
		'imports queries/sessions.ts',
	],
	[
		'core that imports later',
		'core/pane/a.ts',
		`export const a = async () => import('../../run/headless.ts');`,
		'imports run/headless.ts',
	],
	[
		'core that imports over many lines',
		'core/pane/a.ts',
		`import {\n\ta,\n\tb,\n} from '../../terminal/cells.ts';`,
		'imports terminal/cells.ts',
	],
	['core that imports for the effect', 'core/pane/a.ts', `import 'pg';`, 'imports pg'],
	['an import whose name is computed', 'panes/a.ts', 'export const a = async (name: string) => import(name);', 'imports ?'],
];

const plantedHabits: readonly Planted[] = [
	['a report that asks for the time', 'report/a.ts', 'export const a = Date.now();', 'report/a.ts reads the clock'],
	['core that asks for the time', 'core/text/a.ts', 'export const a = Date.now();', 'core/text/a.ts reads the clock'],
	['a pane that asks for the time', 'panes/a.ts', 'export const a = new Date();', 'panes/a.ts reads the clock'],
	['core that measures time', 'core/text/a.ts', 'export const a = performance.now();', 'reaches for performance'],
	['core that is random', 'core/text/a.ts', 'export const a = Math.random();', 'is random'],
	['core that waits', 'core/text/a.ts', 'setTimeout(() => {}, 1);', 'waits'],
	['core that knows the process', 'core/text/a.ts', 'export const a = process.platform;', 'reaches for process'],
	[
		'a span that is not cleaned',
		'panes/a.ts',
		`import type {Span} from '../core/text/line.ts';\nexport const a = {text: 'x', tone: 'calm'} as Span;`,
		'makes a span without cleaning its text',
	],
	[
		'a list of spans that are not cleaned',
		'panes/a.ts',
		'export const a = [] as unknown as readonly Span[];',
		'makes a span without cleaning its text',
	],
	[
		'a line that is not cleaned',
		'views/a.tsx',
		'export const a = [{}] as unknown as Line;',
		'makes a span without cleaning its text',
	],
	[
		'a span with another text',
		'core/text/a.ts',
		'export const a = {...part, text: raw};',
		'makes a span without cleaning its text',
	],
	['an exit that leaves the terminal as it is', 'run/monitor.ts', 'process.exit(1);', 'run/monitor.ts exits the process'],
	['an adapter that reads the environment', 'adapters/act/a.ts', 'export const a = process.env.HOME;', 'reads process.env'],
	['an adapter that reads it by another spelling', 'adapters/act/a.ts', `export const a = process['env'];`, 'reads process.env'],
	[
		'a monitor that reads the command line',
		'run/monitor.ts',
		'export const a = process.argv;',
		'reads process.env or process.argv',
	],
	['a process that is imported', 'adapters/act/a.ts', `import {exit} from 'node:process';`, 'imports process'],
	['any', 'core/text/a.ts', 'export const a = (b: any) => b;', 'says any'],
	['a default export', 'views/a.tsx', 'export default () => null;', 'has a default export'],
	['an interface', 'core/text/a.ts', 'export interface A {readonly a: 1}', 'has an interface'],
	['an enum', 'core/text/a.ts', 'enum A {b}', 'has an enum'],
	['a class', 'core/text/a.ts', 'export class A {}', 'has a class that is not an error'],
	[
		'an assertion of a value',
		'core/text/a.ts',
		'export const a = (b?: string) => b!.length;',
		'asserts that a value is not null',
	],
	['a cast by way of unknown', 'run/a.ts', 'export const a = (b: Wire) => b as unknown as Query;', 'casts a value twice'],
	['a cast by way of never', 'run/a.ts', 'export const a = (b: Wire) => (b as never) as Query;', 'casts a value twice'],
	['a long file', 'core/text/a.ts', 'const a = 1;\n'.repeat(401), 'core/text/a.ts has 401 lines'],
	[
		'a long function',
		'core/text/a.ts',
		`export const a = () => {\n${'\tb();\n'.repeat(79)}};`,
		'core/text/a.ts has 81 lines in a',
	],
	[
		'a long function in a method',
		'core/text/a.ts',
		`export const b = () => ({\n\ta: () => {\n${'\t\tb();\n'.repeat(79)}\t},\n});`,
		'core/text/a.ts has 81 lines in a',
	],
	[
		'a long function that a function returns',
		'core/text/a.ts',
		`export const a =\n\t(b: B) =>\n\t() => {\n${'\t\tb();\n'.repeat(79)}\t};`,
		'core/text/a.ts has 81 lines in a, from line 3',
	],
	[
		'a long function without a name',
		'core/text/a.ts',
		`export const b = c(() => {\n${'\tb();\n'.repeat(79)}});`,
		'core/text/a.ts has 81 lines in a function',
	],
	[
		'a switch that does nothing for a new case',
		'run/a.ts',
		`export const run = (a: A): void => {\n\tswitch (a.type) {\n\t\tcase 'b':\n\t\t\tb();\n\t\t\treturn;\n\t\tcase 'c':\n\t\t\tc();\n\t}\n};`,
		'drops cases of a switch',
	],
];

const plantedSinks: readonly Planted[] = [
	['text on stdout', 'run/a.ts', 'process.stdout.write(text);', 'writes to a standard stream itself'],
	['text on stderr', 'adapters/act/a.ts', `process['stderr'].write(text);`, 'writes to a standard stream itself'],
	['a stream by another name', 'run/a.ts', 'const out = process.stdout;\nout.write(text);', 'writes to a standard stream itself'],
	['a stream that is taken out', 'run/a.ts', 'const {stderr} = process;', 'takes process apart'],
	['text on the console', 'run/a.ts', 'console.error(text);', 'writes to the console'],
	['a file that is written', 'run/a.ts', `import {writeFile} from 'node:fs/promises';`, 'writes files itself, with writeFile'],
	['a file that is opened', 'adapters/record/a.ts', `import {open} from 'node:fs/promises';`, 'writes files itself, with open'],
	['a file by all of the module', 'adapters/act/a.ts', `import * as fs from 'node:fs';`, 'writes files itself, with *'],
	['a file by the module itself', 'adapters/act/a.ts', `import fs from 'node:fs';`, 'writes files itself, with *'],
	['a file by a module that is loaded later', 'run/a.ts', `await import('node:fs');`, 'loads the file system later'],
	[
		'a writer that another file may use',
		'adapters/record/saver.ts',
		`import {rm, writeFile} from 'node:fs/promises';`,
		'writes files itself, with writeFile',
	],
	['an open file', 'adapters/act/journal.ts', 'await handle.appendFile(text);', 'writes to a file handle itself'],
	['a sequence in a text', 'run/a.ts', String.raw`export const a = '\x1b]52;c;';`, 'has a sequence for terminals'],
	['a sequence in a template', 'views/a.tsx', 'export const a = `\\u001b[2J`;', 'has a sequence for terminals'],
];

describe('a planted file is reported:', () => {
	test.each([...plantedImports, ...plantedHabits, ...plantedSinks])('%s', (_, path, text, sentence) => {
		expect(brokenLaws({path, text}).join('\n')).toContain(sentence);
	});

	test('one for every row of the layers', () => {
		const planted = new Set(plantedImports.map(([, path]) => layerOf(path)));
		expect(Object.keys(layers).filter(row => !planted.has(row))).toEqual([]);
	});
});

const allowed: readonly Allowed[] = [
	['core measures text', 'core/text/a.ts', `import stringWidth from 'string-width';\nimport {a} from './b.ts';`],
	['core imports what is listed above it', 'core/pane/a.ts', `import {a} from '../text/a.ts';\nimport {b} from '../config.ts';`],
	[
		'core calculates with a given timestamp',
		'core/text/a.ts',
		'export const a = (at: string) => Date.parse(at) - new Date(at).getTime();',
	],
	['an error is a class', 'core/text/a.ts', 'export class A extends Error {}'],
	['a session talks to the server', 'adapters/session/a.ts', `import pg from 'pg';\nimport {connect} from 'node:net';`],
	['a terminal takes one file of the state', 'terminal/a.ts', `import type {Key} from '../core/state/key.ts';`],
	['a command asks if a stream is a terminal', 'run/a.ts', 'export const a = process.stdout.isTTY && process.stderr.columns;'],
	['an adapter reads a folder', 'adapters/record/a.ts', `import {readdir, type FileHandle} from 'node:fs/promises';`],
	['a menu selects', 'views/a.tsx', `import SelectInput from 'ink-select-input';`],
	['a command imports everything', 'run/a.ts', `import {registry} from '../panes/index.ts';\nawait import('../views/mount.ts');`],
	['a file has a row of its own', 'panes/index.ts', `import {rules} from '../findings/index.ts';`],
	[
		'texts and comments are not code',
		'core/text/a.ts',
		`// import pg from 'pg'; process.exit(1)\nexport const a = "import 'pg'; any";`,
	],
	['a value is cast once', 'run/a.ts', 'export const a = (b: Client) => b as Client & Inside;'],
	['a table is as long as it is', 'core/text/a.ts', `export const a = () => ({\n${'\tb: 1,\n'.repeat(100)}});`],
	['a function has 80 lines', 'core/text/a.ts', `export const a = () => {\n${'\tb();\n'.repeat(78)}};`],
	[
		'a switch returns a value in each case',
		'run/a.ts',
		`export const run = (a: A): number => {\n\tswitch (a.type) {\n\t\tcase 'b':\n\t\tcase 'c': {\n\t\t\treturn 1;\n\t\t}\n\t}\n};`,
	],
	[
		'a switch ends in never',
		'run/a.ts',
		`export const run = (a: A): void => {\n\tswitch (a.type) {\n\t\tcase 'b':\n\t\t\treturn;\n\t\tdefault:\n\t\t\ta satisfies never;\n\t}\n};`,
	],
];

test.each(allowed)('%s', (_, path, text) => {
	expect(brokenLaws({path, text})).toEqual([]);
});

test('an import of types alone loads nothing', () => {
	const text = `import {type A, type B} from './a.ts';\nimport {type C, d} from './b.ts';`;
	expect(importsOf({path: 'core/text/a.ts', text}).map(({types}) => types)).toEqual([true, false]);
});

describe('the table of layers', () => {
	test('has no row without a file', () => {
		expect(deadRows(files)).toEqual([]);
	});

	test('is reported for a row without a file', () => {
		expect(deadRows(files.filter(({path}) => !path.startsWith('core/locks/')))).toEqual(['core/locks']);
	});
});

describe('a cycle between folders', () => {
	const planted: readonly SourceFile[] = [
		{path: 'core/text/a.ts', text: `import {b} from '../values/b.ts';`},
		{path: 'core/values/b.ts', text: `import type {c} from '../sql/c.ts';`},
		{path: 'core/sql/c.ts', text: `import {a} from '../text/a.ts';`},
		{path: 'core/sql/d.ts', text: `import {c} from './c.ts';`},
	];

	test('is reported once, with the imports that make it', () => {
		expect(folderCycles(planted)).toEqual([
			'core/sql -> core/text -> core/values -> core/sql: core/sql/c.ts imports core/text/a.ts, core/text/a.ts imports core/values/b.ts, core/values/b.ts imports core/sql/c.ts',
		]);
	});

	test('is reported when it is planted into the program', () => {
		const [text, ...rest] = [...files].sort(
			(a, b) => Number(b.path === 'core/text/line.ts') - Number(a.path === 'core/text/line.ts'),
		);
		const line = {path: 'core/text/line.ts', text: `import type {State} from '../state/state.ts';\n${text?.text}`};
		expect(text?.path).toBe(line.path);
		expect(folderCycles([line, ...rest]).join('\n')).toContain('core/text/line.ts imports core/state/state.ts');
	});

	test.each([
		['without one of the imports', planted.slice(0, 2)],
		['within one folder', planted.slice(2).concat({path: 'core/text/a.ts', text: ''})],
		[
			'that closes when a file is loaded later',
			[...planted.slice(0, 2), {path: 'core/sql/c.ts', text: `await import('../text/a.ts');`}],
		],
		[
			'by way of a registry',
			[
				{path: 'panes/index.ts', text: `import {a} from './sessions/a.ts';`},
				{path: 'panes/sessions/a.ts', text: `import {job} from '../job.ts';`},
				{path: 'panes/job.ts', text: ''},
			],
		],
	])('is not seen %s', (_, without) => {
		expect(folderCycles(without)).toEqual([]);
	});
});

describe('a name that two files export', () => {
	test('is reported, be it a type, a value, or one of several', () => {
		expect(
			doubledNames([
				{path: 'a.ts', text: 'export type A = 1;\nexport const [b, {c: d}] = e;'},
				{path: 'b.ts', text: 'export const A = 1;\nconst x = 1;\nexport {x as b};\nexport const d = () => 1;'},
			]),
		).toEqual(['A is exported by a.ts and b.ts', 'b is exported by a.ts and b.ts', 'd is exported by a.ts and b.ts']);
	});

	test('is not a name that one file hands on, or exports as a type and a value', () => {
		expect(
			doubledNames([
				{path: 'a.ts', text: 'export type A = 1;\nexport const A = 1;\nconst b = 1;'},
				{path: 'b.ts', text: `export {A} from './a.ts';\nexport * from './a.ts';\nexport const b = 1;`},
			]),
		).toEqual([]);
	});
});

test.each(['void audit.write(entry);', 'await this.audit.write(entry);', `options.audit['write'](entry).then(done);`])(
	'%s is a write to the audit log',
	text => {
		expect(auditWriters([{path: 'adapters/act/a.ts', text}])).toEqual(['adapters/act/a.ts']);
	},
);

describe('a decision by the text of a message', () => {
	test.each([
		'/pg_hba/.test(message)',
		'/pg_hba/.test(error.message)',
		'/pg_hba/.exec(masked(error?.message ?? ""))',
		"error.message.includes('role')",
		"message.toLowerCase().startsWith('role')",
		"thrown.message === 'The server does not support SSL connections'",
		"'x' !== failure['message']",
		'message.match(/x/)',
		'String(error.message).search(/x/)',
		'/subdirectory/.test(detail)',
	])('%s is reported', condition => {
		expect(brokenLaws({path: 'adapters/connect/a.ts', text: `export const a = 1;\nif (${condition}) throw b;`})).toEqual([
			'adapters/connect/a.ts decides by the text of a message in line 2',
		]);
	});

	test('in a switch is reported', () => {
		const text = "export const a = () => { switch (error.message) { case 'x': return 1; default: return 2; } };";
		expect(brokenLaws({path: 'findings/a.ts', text})).toEqual(['findings/a.ts decides by the text of a message in line 1']);
	});

	test.each([
		"error.code === '28000'",
		"error.routine === 'auth_failed'",
		'one.message === other.message',
		"message === ''",
		"message.type === 'sample'",
	])('is not %s', condition => {
		expect(brokenLaws({path: 'adapters/connect/a.ts', text: `if (${condition}) throw b;`})).toEqual([]);
	});

	test('is excused only where figures are nowhere else', () => {
		const text = byPath.get('core/actions/maintenance.ts')?.text ?? '';
		expect(messageDecisions({path: 'core/actions/other.ts', text})).not.toEqual([]);
	});
});

describe('the tree', () => {
	const many = (count: number): readonly string[] => Array.from({length: count}, (_, index) => `queries/a${index}.ts`);

	test('is reported for a folder with 31 files, and not for one with 30', () => {
		expect(crowdedFolders([...many(30), 'queries/b/a.ts'])).toEqual([]);
		expect(crowdedFolders(many(31))).toEqual(['queries holds 31 files']);
	});

	test('is reported for a test that is not where its file is, and for an exception without a test', () => {
		const needed = ['faults', 'incidents', 'ink', 'laws', 'packages', 'plans', 'postgres', 'pty', 'recordings', 'services'].map(
			folder => `${folder}/a.ts`,
		);
		const tests = [...needed, 'core/text/a.test.ts', 'core/words/b.test.ts', 'options.test.ts', 'architecture.test.ts'];
		expect(strayTests(tests, ['core/text/a.ts', 'command-line/options.ts'])).toEqual([
			'test/core/words/b.test.ts has no folder source/core/words',
			'test/options.test.ts is not beside what it tests, source/command-line/options.ts',
			'test/screens is an exception that nothing needs',
		]);
	});
});
