import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {watcher} from './server.ts';

/** What is measured: a full-screen monitor, how it is started, and the keys that do the same in each. */
export type Tool = {
	readonly name: string;
	/** Its command on a server; `oldest` puts the oldest transaction first. */
	readonly command: (place: {readonly host: string; readonly port: number}, oldest: boolean) => readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly keys: {
		readonly sort: readonly string[];
		readonly panes: readonly string[];
		/** Where it can filter as one types: the keys, and those that undo it. */
		readonly filter?: {readonly typed: readonly string[]; readonly undone: readonly string[]};
		readonly back?: {readonly step: string; readonly live: string};
		/** What ends the selected session, and what its question looks like. */
		readonly terminate: string;
		readonly question: RegExp;
		readonly yes: string;
	};
};

const connectionOf = ({host, port}: {readonly host: string; readonly port: number}): readonly string[] => [
	'-h',
	host,
	'-p',
	String(port),
	'-U',
	watcher,
	'-d',
	'postgres',
];

/** The built program, in `dist` unless told otherwise. */
export const pgtriage = (dist = join(import.meta.dirname, '../../dist')): Tool => {
	const cli = join(dist, 'cli.js');
	if (!existsSync(cli)) throw new Error(`There is no ${cli} to measure: npm run build.`);
	return {
		name: 'pgtriage',
		command: (place, oldest) => [
			process.execPath,
			cli,
			...connectionOf(place),
			'--interval',
			'1s',
			'--pane',
			'sessions',
			...(oldest ? ['--sort', 'xact_seconds:desc'] : []),
		],
		// Neither the audit nor compiled code of whoever measures.
		env: {HOME: mkdtempSync(join(tmpdir(), 'pgtriage-bench-'))},
		keys: {
			sort: ['I'],
			panes: ['f2', 'f1'],
			filter: {typed: ['/', 'c', 'r', 'o', 'w', 'd'], undone: ['esc', '\\']},
			back: {step: '[', live: '}'},
			terminate: 'K',
			question: /y terminates it/,
			yes: 'y',
		},
	};
};

/** pg_activity where it is in PATH, or at `path`; undefined where it is not. */
export const pgActivity = (path: string | undefined): Tool | undefined => {
	const file =
		path ??
		(process.env.PATH ?? '')
			.split(delimiter)
			.flatMap(folder => (existsSync(join(folder, 'pg_activity')) ? join(folder, 'pg_activity') : []))[0];
	if (file === undefined) return undefined;
	const {stdout} = spawnSync(file, ['--version'], {encoding: 'utf8'});
	return {
		name: stdout.trim() || 'pg_activity',
		command: (place, oldest) => [file, ...connectionOf(place), '--refresh', '1', ...(oldest ? ['--duration-mode', '2'] : [])],
		env: {HOME: tmpdir()},
		keys: {
			sort: ['c', 't'],
			panes: ['f2', 'f1'],
			terminate: 'K',
			question: /Confirm terminate/i,
			yes: 'y',
		},
	};
};
