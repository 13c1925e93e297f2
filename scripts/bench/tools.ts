import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {watcher} from './server.ts';

/** A measured full-screen monitor: its command, and the keys that do the same in each tool. */
export type Tool = {
	readonly name: string;
	/** Command for a server; `oldest` sorts the oldest transaction first. */
	readonly command: (place: {readonly host: string; readonly port: number}, oldest: boolean) => readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly keys: {
		readonly sort: readonly string[];
		readonly panes: readonly string[];
		/** Keys of a filter while typing, and the keys that undo it; absent without such a filter. */
		readonly filter?: {readonly typed: readonly string[]; readonly undone: readonly string[]};
		readonly back?: {readonly step: string; readonly live: string};
		/** Key that terminates the selected session, and a pattern of its question. */
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

/** The built program, by default in `dist`. */
export const pgtriage = (dist = join(import.meta.dirname, '../../dist')): Tool => {
	const cli = join(dist, 'cli.js');
	if (!existsSync(cli)) throw new Error(`${cli} is missing: run npm run build.`);
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
		// An empty home: no audit and no compiled code of the current user.
		env: {HOME: mkdtempSync(join(tmpdir(), 'pgtriage-bench-'))},
		keys: {
			sort: ['I'],
			panes: ['f2', 'f1'],
			filter: {typed: ['/', 'c', 'r', 'o', 'w', 'd'], undone: ['esc', '\\']},
			back: {step: '[', live: '}'},
			terminate: 'K',
			question: /\[y\] terminate/,
			yes: 'y',
		},
	};
};

/** pg_activity at `path` or in PATH; undefined if it is not installed. */
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
