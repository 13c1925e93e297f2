import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll} from 'vitest';
import type {Server} from '../../source/demo/server.ts';

const built = fileURLToPath(new URL('../../dist', import.meta.url));
if (!existsSync(join(built, 'cli.js'))) throw new Error('There is no dist/cli.js to test: npm run build.');

/** A folder for the files of this test file, deleted behind it. */
export const folder = mkdtempSync(join(tmpdir(), 'pgtriage-pty-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

// A build that goes on beside the tests replaces dist under them.
cpSync(built, join(folder, 'dist'), {recursive: true});
writeFileSync(join(folder, 'package.json'), '{"type": "module"}');

/** The built program, a copy of its own for this test file. */
export const cli = join(folder, 'dist', 'cli.js');

/** What the program finds in its environment: a terminal and a language, and nothing of the machine's own PostgreSQL. */
export const environment = (own: Readonly<Record<string, string>> = {}): Record<string, string> => ({
	PATH: process.env.PATH ?? '/usr/bin:/bin',
	HOME: folder,
	LANG: 'C.UTF-8',
	TERM: 'xterm-256color',
	...own,
});

/** The arguments that lead to a server, as the superuser unless told otherwise. */
export const at = (server: Pick<Server, 'host' | 'port'>, user = 'postgres', database = 'postgres'): readonly string[] => [
	'-h',
	server.host,
	'-p',
	String(server.port),
	'-U',
	user,
	'-d',
	database,
];

/** How a program without a terminal ended, and what it wrote. */
export type Ended = {readonly status: number | null; readonly stdout: string; readonly stderr: string};

/** Runs the program without a terminal to its end. */
export const run = async (
	args: readonly string[],
	{env = {}, node = []}: {readonly env?: Readonly<Record<string, string>>; readonly node?: readonly string[]} = {},
): Promise<Ended> => {
	const child = spawn(process.execPath, [...node, cli, ...args], {env: environment(env), stdio: ['ignore', 'pipe', 'pipe']});
	let stdout = '';
	let stderr = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
	child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
	const [status] = (await once(child, 'close')) as [number | null];
	return {status, stdout, stderr};
};
