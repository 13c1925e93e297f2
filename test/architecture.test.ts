import {globSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {brokenLaws, importsOf, loadedWith, type SourceFile} from './laws.ts';

const root = join(import.meta.dirname, '..', 'source');
const files: readonly SourceFile[] = globSync('**/*.{ts,tsx}', {cwd: root}).map(path => ({
	path,
	text: readFileSync(join(root, path), 'utf8'),
}));
const byPath = new Map(files.map(file => [file.path, file]));

test('no file does what its layer may not', () => {
	expect(files.length).toBeGreaterThan(50);
	expect(files.flatMap(brokenLaws)).toEqual([]);
});

test('the program begins on a Node that is too old, to say so: its first file loads nothing but Node', () => {
	expect([...loadedWith('cli.ts', byPath)]).toEqual(['cli.ts', 'node:']);
});

test.each(['program.ts', 'run/headless.ts', 'run/full-screen.ts'])('neither React nor Ink is loaded with %s', path => {
	const loaded = loadedWith(path, byPath);
	expect([...loaded].filter(name => /^(ink|react)/.test(name))).toEqual([]);
	expect(loaded).toContain('core/values/errors.ts');
});

test('no pane that is declared is left out of the registry', () => {
	const declared = files.filter(({path, text}) => path.startsWith('panes/') && text.includes('definePane')).map(({path}) => path);
	expect(declared.filter(path => !loadedWith('panes/index.ts', byPath).has(path))).toEqual([]);
});

const planted: readonly (readonly [what: string, path: string, text: string, sentence: string])[] = [
	['core that imports Node', 'core/a.ts', `import {readFileSync} from 'node:fs';`, 'core/a.ts core imports node:fs'],
	[
		'core that imports only a type of a pane',
		'core/a.ts',
		`import type {A} from '../panes/a.ts';`,
		'core/a.ts core imports ../panes/a.ts',
	],
	[
		'core that names a type of an adapter in passing',
		'core/a.ts',
		`export type A = import('../adapters/lane.ts').Lane;`,
		'core imports ../adapters/lane.ts',
	],
	['core that imports React', 'core/a.ts', `import {useState} from 'react';`, 'core imports react'],
	[
		'core that imports a part of a package',
		'core/a.ts',
		`import {jsx} from 'react/jsx-runtime';`,
		'core imports react/jsx-runtime',
	],
	[
		'core that imports from outside the program',
		'core/a.ts',
		`import json from '../../package.json' with {type: 'json'};`,
		'core imports ../../package.json',
	],
	[
		'core that hands on what is not its own',
		'core/a.ts',
		`export {sessions} from '../queries/sessions.ts';`,
		'core imports ../queries/sessions.ts',
	],
	[
		'core that hands on all of another file',
		'core/a.ts',
		`export * from '../queries/sessions.ts';`,
		'core imports ../queries/sessions.ts',
	],
	[
		'core that imports later',
		'core/a.ts',
		`export const a = async () => import('../headless.ts');`,
		'core imports ../headless.ts',
	],
	[
		'core that imports over many lines',
		'core/a.ts',
		`import {\n\ta,\n\tb,\n} from '../terminal/cells.ts';`,
		'core imports ../terminal/cells.ts',
	],
	['core that imports for the effect', 'core/a.ts', `import 'pg';`, 'core imports pg'],
	[
		'an import that is made up as the program runs',
		'panes/a.ts',
		`export const a = async (name: string) => import(name);`,
		'panes imports ?',
	],
	['a query that knows a pane', 'queries/a.ts', `import {a} from '../panes/a.ts';`, 'queries imports ../panes/a.ts'],
	['a pane that reaches for the server', 'panes/a.ts', `import pg from 'pg';`, 'panes imports pg'],
	['a pane that draws', 'panes/a.ts', `import {Text} from 'ink';`, 'panes imports ink'],
	['a pane that knows a finding', 'panes/a.ts', `import {a} from '../findings/a.ts';`, 'panes imports ../findings/a.ts'],
	[
		'a finding that knows the registry',
		'findings/a.ts',
		`import {registry} from '../panes/index.ts';`,
		'findings imports ../panes/index.ts',
	],
	[
		'a report that reads a file',
		'report/a.ts',
		`import {openRecording} from '../adapters/recordings.ts';`,
		'report imports ../adapters/recordings.ts',
	],
	['a report that asks what time it is', 'report/a.ts', 'export const a = Date.now();', 'report/a.ts reads the clock'],
	[
		'a finding that knows a report',
		'findings/a.ts',
		`import {a} from '../report/index.ts';`,
		'findings imports ../report/index.ts',
	],
	[
		'an adapter that knows a view',
		'adapters/a.ts',
		`import type {Look} from '../views/look.ts';`,
		'adapters imports ../views/look.ts',
	],
	[
		'an adapter that knows the command line',
		'adapters/a.ts',
		`import type {Invocation} from '../options.ts';`,
		'adapters imports ../options.ts',
	],
	[
		'a terminal that knows panes',
		'terminal/a.ts',
		`import {registry} from '../panes/index.ts';`,
		'terminal imports ../panes/index.ts',
	],
	['a terminal that uses React', 'terminal/a.ts', `import {useState} from 'react';`, 'terminal imports react'],
	[
		'a hook that reads the server',
		'hooks/a.ts',
		`import {openLane} from '../adapters/lane.ts';`,
		'hooks imports ../adapters/lane.ts',
	],
	['a view that reads a file', 'views/a.tsx', `import {readFileSync} from 'node:fs';`, 'views imports node:fs'],
	[
		'a view that sends a signal itself',
		'views/a.tsx',
		`import {createSignaller} from '../adapters/signaller.ts';`,
		'views imports ../adapters/signaller.ts',
	],
	['core that asks what time it is', 'core/a.ts', 'export const a = Date.now();', 'core/a.ts reads the clock'],
	['a pane that asks what time it is', 'panes/a.ts', 'export const a = new Date();', 'panes/a.ts reads the clock'],
	['core that measures time', 'core/a.ts', 'export const a = performance.now();', 'reaches for performance'],
	['core that throws dice', 'core/a.ts', 'export const a = Math.random();', 'is random'],
	['core that waits', 'core/a.ts', 'setTimeout(() => {}, 1);', 'waits'],
	['core that knows the process', 'core/a.ts', 'export const a = process.platform;', 'reaches for process'],
	[
		'a span from nowhere',
		'panes/a.ts',
		`import type {Span} from '../core/line.ts';\nexport const a = {text: 'x', tone: 'calm'} as Span;`,
		'makes a span without cleaning its text',
	],
	[
		'spans from nowhere',
		'panes/a.ts',
		'export const a = [] as unknown as readonly Span[];',
		'makes a span without cleaning its text',
	],
	['a line from nowhere', 'views/a.tsx', 'export const a = [{}] as unknown as Line;', 'makes a span without cleaning its text'],
	['a span with another text', 'core/a.ts', 'export const a = {...part, text: raw};', 'makes a span without cleaning its text'],
	['an exit that leaves the terminal as it is', 'monitor.ts', 'process.exit(1);', 'monitor.ts exits the process'],
	['an adapter that reads the environment', 'adapters/a.ts', 'export const a = process.env.HOME;', 'reads the surroundings'],
	['an adapter that reads it by another spelling', 'adapters/a.ts', `export const a = process['env'];`, 'reads the surroundings'],
	['a monitor that reads the command line', 'monitor.ts', 'export const a = process.argv;', 'reads the surroundings'],
	['a process that comes by import', 'adapters/a.ts', `import {exit} from 'node:process';`, 'imports process'],
	['any', 'core/a.ts', 'export const a = (b: any) => b;', 'says any'],
	['a default export', 'views/a.tsx', 'export default () => null;', 'has a default export'],
	['an interface', 'core/a.ts', 'export interface A {readonly a: 1}', 'has an interface'],
	['an enum', 'core/a.ts', 'enum A {b}', 'has an enum'],
	['a class', 'core/a.ts', 'export class A {}', 'has a class that is no error'],
	[
		'a promise that something is there',
		'core/a.ts',
		'export const a = (b?: string) => b!.length;',
		'asserts that something is not null',
	],
	['a long file', 'core/a.ts', 'const a = 1;\n'.repeat(401), 'core/a.ts has 401 lines'],
];

test.each(planted)('%s is caught', (_, path, text, sentence) => {
	expect(brokenLaws({path, text}).join('\n')).toContain(sentence);
});

const allowed: readonly (readonly [what: string, path: string, text: string])[] = [
	['core may measure text', 'core/a.ts', `import stringWidth from 'string-width';\nimport {a} from './b.ts';`],
	[
		'core may reckon with a given moment',
		'core/a.ts',
		'export const a = (at: string) => Date.parse(at) - new Date(at).getTime();',
	],
	['an error may be a class', 'core/a.ts', 'export class A extends Error {}'],
	['an adapter may talk to the server', 'adapters/a.ts', `import pg from 'pg';\nimport {open} from 'node:fs/promises';`],
	['a menu may select', 'views/a.tsx', `import SelectInput from 'ink-select-input';`],
	['the top may use everything', 'monitor.ts', `import {registry} from './panes/index.ts';\nawait import('./views/mount.ts');`],
	[
		'words in texts and comments are no code',
		'core/a.ts',
		`// import pg from 'pg'; process.exit(1)\nexport const a = "import 'pg'; any";`,
	],
];

test.each(allowed)('%s', (_, path, text) => {
	expect(brokenLaws({path, text})).toEqual([]);
});

test('an import of types alone loads nothing', () => {
	const text = `import {type A, type B} from './a.ts';\nimport {type C, d} from './b.ts';`;
	expect(importsOf({path: 'core/a.ts', text}).map(({types}) => types)).toEqual([true, false]);
});
