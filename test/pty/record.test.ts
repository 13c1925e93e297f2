import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {text} from 'node:stream/consumers';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {openRecording} from '../../source/adapters/record/recordings.ts';
import type {Server} from '../../source/demo/server.ts';
import {endsWithTest} from '../lifetime.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at, cli, environment, folder, run} from './program.ts';
import {atOnceMs, start} from './screen.ts';

let server: Server;
let admin: Client;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	const sleeper = await connect(server, {applicationName: 'sleeper', user: 'monitor'});
	sleeper.query("select '\x1b]0;owned\x07' as seen, pg_sleep(600)").catch(() => {});
});

afterAll(() => server?.remove());

type Line = {readonly seq?: number; readonly at?: string; readonly results?: unknown; readonly pgtriage_recording?: number};

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const linesOf = (file: string): readonly Line[] =>
	textOf(file)
		// The last line may be half written.
		.slice(0, textOf(file).lastIndexOf('\n') + 1)
		.split('\n')
		.filter(line => line !== '')
		.map(line => JSON.parse(line) as Line);
const sampleLinesOf = (file: string): readonly string[] =>
	textOf(file)
		.split('\n')
		.filter(line => line.startsWith('{"seq"'));
const samplesIn = (file: string): number => sampleLinesOf(file).length;

/** How many samples of a recording of any kind can be read, and how many lines cannot. */
const readIn = async (file: string): Promise<{readonly samples: number; readonly damaged: number}> => {
	if (!existsSync(file) || statSync(file).size === 0) return {samples: 0, damaged: 0};
	const opened = await openRecording(file);
	let samples = 0;
	for await (const _ of opened.samples) samples++;
	return {samples, damaged: opened.damaged()};
};

/** Starts a process that is killed when the test that started it ends. */
const launched = <Child extends ChildProcess>(child: Child): Child => {
	endsWithTest(async () => {
		if (child.exitCode !== null || child.signalCode !== null) return;
		child.kill('SIGKILL');
		await once(child, 'exit');
	});
	return child;
};

let files = 0;
const newFile = (): string => join(folder, `recording-${files++}.ndjson`);

/** `record` as a process, once it has written so many samples. */
const recording = async (file: string, samples: number, more: readonly string[] = []): Promise<ChildProcess> => {
	const args = [cli, 'record', file, ...at(server), '--interval', '250ms', ...more];
	const before = samplesIn(file);
	const child = launched(spawn(process.execPath, args, {env: environment(), stdio: ['ignore', 'inherit', 'inherit']}));
	await expect.poll(() => samplesIn(file) - before).toBeGreaterThanOrEqual(samples);
	return child;
};

/** Waits until the samples of a run, that begins after so many, have read all that is printed of a recording. */
const wholeAfter = async (file: string, earlier: number): Promise<void> => {
	const isRead = (name: string): boolean =>
		sampleLinesOf(file)
			.slice(earlier)
			.some(line => line.includes(`"${name}":`));
	await expect.poll(() => ['locks', 'directories'].every(isRead)).toBe(true);
};

const ended = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
	const exit = once(child, 'exit') as Promise<[number | null]>;
	child.kill(signal);
	return (await exit)[0];
};

describe('record', () => {
	it.each(['SIGTERM', 'SIGINT'] as const)(
		'ends by %s with 0 and leaves all samples in a file that only its owner can read',
		async signal => {
			const file = newFile();
			const child = await recording(file, 3);
			const begun = performance.now();
			expect(await ended(child, signal)).toBe(0);
			expect(performance.now() - begun).toBeLessThan(atOnceMs);
			expect(statSync(file).mode & 0o777).toBe(0o600);
			expect(textOf(file)).toMatch(/\n$/);
			const [header, ...samples] = linesOf(file);
			expect(header).toMatchObject({pgtriage_recording: 1});
			expect(samples.map(({seq}) => seq)).toEqual(samples.map((_, index) => index));
			for (const sample of samples) expect(sample).toMatchObject({at: expect.stringMatching(/\+00:00$/), results: {}});
			expect(textOf(file)).not.toMatch(/[^\n\x20-\x7e]/);
			await expect
				.poll(async () => (await admin.query("select from pg_stat_activity where application_name = 'pgtriage'")).rowCount)
				.toBe(0);
		},
	);

	it('loses at most the last line to kill -9 and continues the same file', async () => {
		const file = newFile();
		const first = await recording(file, 3);
		await wholeAfter(file, 0);
		await ended(first, 'SIGKILL');
		appendFileSync(file, '{"seq":99,"at":"2026-');
		const before = samplesIn(file);
		expect((await run(['replay', file, '--once'])).status).toBe(0);
		const second = await recording(file, 2);
		await wholeAfter(file, before);
		expect(await ended(second, 'SIGTERM')).toBe(0);
		expect(samplesIn(file)).toBeGreaterThanOrEqual(before + 2);
		const {stdout, status} = await run(['replay', file, '--once']);
		expect(status).toBe(0);
		const newest = JSON.parse(textOf(file).trimEnd().split('\n').at(-1) ?? '') as Line;
		expect((JSON.parse(stdout) as Line).at).toBe(newest.at);
	});

	it('never gives up on a refusal once it has connected, and says so on stderr and in the recording', async () => {
		const file = newFile();
		const rules = join(server.directory, 'pg_hba.conf');
		const lines = readFileSync(rules, 'utf8');
		const letIn = async (text: string): Promise<void> => {
			writeFileSync(rules, text);
			await admin.query('select pg_reload_conf()');
		};
		const args = [cli, 'record', file, ...at(server, 'monitor'), '--interval', '250ms'];
		const child = launched(spawn(process.execPath, args, {env: environment(), stdio: ['ignore', 'inherit', 'pipe']}));
		let said = '';
		child.stderr?.on('data', bytes => {
			said += bytes;
		});
		await expect.poll(() => samplesIn(file)).toBeGreaterThan(2);
		try {
			await letIn(`local all monitor reject\n${lines}`);
			await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pgtriage'");
			await expect.poll(() => said).toMatch(/^pgtriage: \S+Z pg_hba\.conf rejects connection .*\. Retrying\.$/m);
			// More refusals than are allowed before the first session.
			await expect.poll(() => server.log().match(/pg_hba\.conf rejects connection/g)?.length ?? 0).toBeGreaterThan(3);
		} finally {
			await letIn(lines);
		}
		await expect.poll(() => said).toMatch(/^pgtriage: \S+Z Connected again\.$/m);
		const before = samplesIn(file);
		await expect.poll(() => samplesIn(file)).toBeGreaterThan(before + 2);
		expect(await ended(child, 'SIGTERM')).toBe(0);
		// Once more when the attempts become rare.
		expect(said.match(/rejects connection/g)?.length).toBeLessThanOrEqual(2);
		expect(textOf(file)).toMatch(/"our own session","connected again after [\d.]+ s: .*pg_hba\.conf rejects connection/);
	});

	it.each(['gz', 'zst'])('compressed as .%s loses at most the last sample to kill -9', async ending => {
		const file = `${newFile()}.${ending}`;
		const args = [cli, 'record', file, ...at(server), '--interval', '250ms'];
		const child = launched(spawn(process.execPath, args, {env: environment(), stdio: ['ignore', 'inherit', 'inherit']}));
		await expect.poll(async () => (await readIn(file)).samples).toBeGreaterThan(4);
		const before = await readIn(file);
		await ended(child, 'SIGKILL');
		const after = await readIn(file);
		expect(after.samples).toBeGreaterThanOrEqual(before.samples);
		expect(after.damaged).toBe(0);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		const {stdout, stderr, status} = await run(['replay', file, '--once']);
		expect({status, stderr}).toEqual({status: 0, stderr: ''});
		expect(JSON.parse(stdout)).toHaveProperty('panes');
	});

	it('rotates at --rotate, and replay plays all kept files', async () => {
		const file = newFile();
		const [stem = ''] = basename(file).split('.');
		const rotated = (): readonly string[] => readdirSync(folder).filter(name => name.startsWith(`${stem}.2`));
		const child = await recording(file, 1, ['--rotate', '64kB', '--keep', '2']);
		const seen = new Set<string>();
		await expect
			.poll(() => {
				for (const name of rotated()) seen.add(name);
				return seen.size;
			})
			.toBeGreaterThan(3);
		expect(await ended(child, 'SIGTERM')).toBe(0);
		expect(rotated()).toHaveLength(2);
		for (const name of [...rotated(), basename(file)]) {
			expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
			const [header, first] = linesOf(join(folder, name));
			expect(header).toMatchObject({pgtriage_recording: 1});
			expect(first).toHaveProperty('results.sessions.rows');
			expect(first).not.toHaveProperty('since');
		}
		const oldest = linesOf(join(folder, rotated().toSorted()[0] ?? ''))[1]?.at ?? '';
		const {stdout} = await run(['replay', file, '--once', '--at', oldest]);
		expect((JSON.parse(stdout) as Line).at).toBe(oldest);
	});

	it('to stdout can be replayed from stdin', async () => {
		const record = [cli, 'record', '-', ...at(server), '--interval', '250ms'];
		const recorder = launched(spawn(process.execPath, record, {env: environment(), stdio: ['ignore', 'pipe', 'inherit']}));
		const replay = [cli, 'replay', '-', '--once'];
		const replayer = launched(spawn(process.execPath, replay, {env: environment(), stdio: ['pipe', 'pipe', 'inherit']}));
		const stdout = text(replayer.stdout);
		let recorded = '';
		recorder.stdout.setEncoding('utf8').on('data', (piece: string) => (recorded += piece));
		recorder.stdout.pipe(replayer.stdin);
		await expect.poll(() => recorded.split('\n').filter(line => line.startsWith('{"seq"')).length).toBeGreaterThan(2);
		expect(await ended(recorder, 'SIGINT')).toBe(0);
		expect(JSON.parse(await stdout)).toMatchObject({panes: {sessions: {ok: true}}});
	});

	it('does not write into another kind of file', async () => {
		const file = newFileWith('mine\n');
		const {status, stderr} = await run(['record', file, ...at(server)]);
		expect(stderr).toBe(
			`pgtriage: ${file} exists and is not a recording that can be continued. Choose another file or move this one away.\n`,
		);
		expect(status).toBe(1);
		expect(textOf(file)).toBe('mine\n');
	});

	it('ends with 1 and a sentence at the file size limit', async () => {
		const file = newFile();
		// How large a first sample is depends on what is answered by then: the file has samples before there is a limit.
		await ended(await recording(file, 2), 'SIGTERM');
		const {samples} = await readIn(file);
		const blocks = Math.ceil(statSync(file).size / 1024) + 1;
		// The compiled code that Node.js would keep is larger than that.
		const command = `export NODE_DISABLE_COMPILE_CACHE=1; ulimit -f ${blocks}; exec ${process.execPath} ${[cli, 'record', file, ...at(server), '--interval', '250ms'].join(' ')}`;
		const shell = launched(spawn('/bin/bash', ['-c', command], {env: environment(), stdio: ['ignore', 'ignore', 'pipe']}));
		const stderr = text(shell.stderr);
		const [status] = (await once(shell, 'close')) as [number | null];
		expect(await stderr).toBe(
			`pgtriage: ${file} cannot be written (EFBIG): recording stopped. Free space or record to another file.\n`,
		);
		expect(status).toBe(1);
		expect((await readIn(file)).samples).toBeGreaterThanOrEqual(samples);
	});

	it('that cannot start says so in one sentence', async () => {
		const {status, stderr} = await run(['record', '/nowhere/file', ...at(server)]);
		expect(stderr).toMatch(/^pgtriage: \/nowhere\/file cannot be written \(ENOENT\)\. [^\n]+\n$/);
		expect(status).toBe(1);
	});

	it('ends with 1 and a sentence when the disk is full', async () => {
		const {status, stderr} = await run(['record', '/dev/full', ...at(server), '--interval', '250ms']);
		expect(stderr).toBe('pgtriage: The disk is full: recording to /dev/full stopped. Free space or record to another file.\n');
		expect(status).toBe(1);
	});

	it('of an absent server ends with 1 and a sentence', async () => {
		const {status, stderr} = await run(['record', newFile(), '-h', '/nowhere', '-U', 'me']);
		expect(stderr).toMatch(/^pgtriage: There is no server socket at /);
		expect(status).toBe(1);
	});
});

describe('record', () => {
	it('on a terminal ends with 129 on SIGHUP with a complete file', async () => {
		const file = `${newFile()}.gz`;
		const screen = start(['record', file, ...at(server), '--interval', '250ms']);
		await expect.poll(async () => (await readIn(file)).samples).toBeGreaterThanOrEqual(2);
		screen.signal('SIGHUP');
		expect(await screen.exited).toBe(129);
		execFileSync('gzip', ['--test', file]);
	});

	it('without a terminal begins a new file on SIGHUP, and replay plays both', async () => {
		const file = `${newFile()}.gz`;
		const args = [cli, 'record', file, ...at(server), '--interval', '250ms'];
		const stdio = ['ignore', 'inherit', 'inherit'] as const;
		// A session of its own has no terminal.
		const child = launched(spawn(process.execPath, args, {env: environment(), stdio: [...stdio], detached: true}));
		await expect.poll(async () => (await readIn(file)).samples).toBeGreaterThanOrEqual(2);
		child.kill('SIGHUP');
		const [stem = ''] = basename(file).split('.');
		const all = (): readonly string[] => readdirSync(folder).filter(name => name.startsWith(`${stem}.`));
		await expect.poll(all).toHaveLength(2);
		const [rotated = ''] = all().filter(name => name !== basename(file));
		execFileSync('gzip', ['--test', join(folder, rotated)]);
		const before = await readIn(join(folder, rotated));
		await expect.poll(async () => (await readIn(file)).samples).toBeGreaterThan(before.samples);
		expect(await ended(child, 'SIGTERM')).toBe(0);
		expect(all()).toHaveLength(2);
		expect(await readIn(file)).toMatchObject({damaged: 0});
	});
});

describe('replay', () => {
	it('--once prints each sample as --once on the server would', async () => {
		const file = newFile();
		const child = await recording(file, 2);
		// From here on every pane has been read.
		let complete = '';
		await expect
			.poll(async () => {
				const {status, stdout} = await run(['replay', file, '--once', '--pane', 'all']);
				complete = JSON.parse(stdout).at;
				return status;
			})
			.toBe(0);
		const before = samplesIn(file);
		await expect.poll(() => samplesIn(file)).toBeGreaterThan(before + 1);
		await ended(child, 'SIGTERM');
		const live = await run([...at(server), '--once', '--filter', 'app=sleeper', '--pane', 'all']);
		for (const moment of [complete, linesOf(file).at(-1)?.at ?? '']) {
			const replayed = await run(['replay', file, '--once', '--at', moment, '--filter', 'app=sleeper', '--pane', 'all']);
			expect(replayed).toMatchObject({status: 0, stderr: ''});
			const [then, now] = [replayed, live].map(({stdout}) => JSON.parse(stdout));
			expect(then.at).toBe(moment);
			expect(then.server).toEqual(now.server);
			expect(Object.keys(then.panes)).toEqual(Object.keys(now.panes));
			const timeless = (row: Record<string, unknown>): unknown =>
				Object.fromEntries(Object.entries(row).filter(([name]) => !/_seconds|_age$|_per_second$|_percent$|_bytes$/.test(name)));
			expect(then.panes.sessions.rows.map(timeless)).toEqual(now.panes.sessions.rows.map(timeless));
			const [row] = then.panes.sessions.rows;
			expect(row.query_seconds).toBeCloseTo((Date.parse(then.at) - Date.parse(row.query_start)) / 1000, 2);
		}
	});

	it('shows the same screen with actions off', async () => {
		const file = newFile();
		await ended(await recording(file, 3), 'SIGTERM');
		const screen = start(['replay', file]);
		await screen.until(/sleeper/);
		expect(screen.rows()[0]).toContain('READ-ONLY');
		expect(screen.text()).toContain('^[]0;owned^G');
		screen.press('down', 'K');
		await screen.until('Actions are off: this is a recording.');
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});

	it.each([
		['a file that is not there', () => join(folder, 'missing'), 'cannot be read'],
		['an empty file', () => newFileWith(''), 'no sample'],
		['a file of something else', () => newFileWith('#!/bin/sh\nexit\n'), 'no sample'],
	] as const)('of %s says so in one sentence', async (_, file, what) => {
		const {status, stderr} = await run(['replay', file(), '--once']);
		expect(stderr).toMatch(/^pgtriage: [^\n]+\n$/);
		expect(stderr).toContain(what);
		expect(status).toBe(1);
	});

	it('skips a damaged line', async () => {
		const file = newFile();
		await ended(await recording(file, 2), 'SIGTERM');
		writeFileSync(file, `\x00\x1b garbage\n${textOf(file)}{"seq":\n`);
		const {status, stderr} = await run(['replay', file, '--once']);
		expect(stderr).toBe(`pgtriage: Skipped 2 damaged lines of ${file}.\n`);
		expect(status).toBe(0);
	});

	it('--once takes a time of day, and refuses one outside the recording', async () => {
		const file = join('test', 'recordings', 'lock-chain.ndjson');
		const printed = await run(['replay', file, '--once', '--at', '22:15:10', '--pane', 'sessions']);
		expect(printed).toMatchObject({status: 0, stderr: ''});
		expect(JSON.parse(printed.stdout).at).toMatch(/^2026-11-22T22:15:09\./);
		const missing = await run(['replay', file, '--once', '--at', '14:03']);
		expect(missing.stderr).toMatch(
			/does not cover 14:03:00: it starts at 2026-11-22T22:15:06\S+ and ends at 2026-11-22T22:15:13/,
		);
		expect(missing).toMatchObject({status: 1, stdout: ''});
		const late = await run(['replay', file, '--once', '--at', '2026-11-22 23:00', '--pane', 'sessions']);
		expect(late.stderr).toMatch(/^pgtriage: The last sample before that time is from 2026-11-22T22:15:13/);
		expect(late.status).toBe(0);
	});

	it('--once of a continued recording has the rates of its last run', async () => {
		const file = newFile();
		// A rate takes two answers, however many samples come between.
		const answers = (): number =>
			linesOf(file).filter(({results}) => results !== undefined && 'databases' in (results as object)).length;
		for (let run = 0; run < 2; run++) {
			const before = answers();
			const child = await recording(file, 1);
			await expect.poll(() => answers() - before).toBeGreaterThan(1);
			await ended(child, 'SIGTERM');
		}
		const {stdout} = await run(['replay', file, '--once', '--pane', 'databases']);
		const rows: readonly Record<string, unknown>[] = JSON.parse(stdout).panes.databases.rows;
		expect(rows.find(({datname}) => datname === 'postgres')?.xact_commit_per_second).toEqual(expect.any(Number));
	});

	it('before the first sample says when the recording begins', async () => {
		const file = newFile();
		await ended(await recording(file, 1), 'SIGTERM');
		const {status, stdout, stderr} = await run(['replay', file, '--once', '--at', '2001-01-01T00:00:00Z']);
		expect(stderr).toBe(
			`pgtriage: ${file} starts at ${linesOf(file)[1]?.at}, after 2001-01-01T00:00:00Z. Give --at a time within the recording.\n`,
		);
		expect({status, stdout}).toEqual({status: 1, stdout: ''});
	});
});

it.each(['throw', 'void Promise.reject'])('an uncaught bug ends the program with status 70 (%s)', async how => {
	// Not before the program listens, which on a busy machine takes a while.
	const planted = `data:text/javascript,const look = () => {
		if (process.listenerCount('uncaughtException') === 0) return setTimeout(look, 20);
		${how} (new Error('planted'));
	}; setTimeout(look, 300)`.replaceAll(/\s+/g, ' ');
	const {status, stderr} = await run(['record', newFile(), ...at(server)], {node: ['--import', planted]});
	expect(stderr).toMatch(/^pgtriage: This is a bug in pgtriage\. Details are in \S+crash\.txt; please report it\.\n$/);
	expect(status).toBe(70);
});

const newFileWith = (text: string): string => {
	const file = newFile();
	writeFileSync(file, text);
	return file;
};

describe('--record while watching', () => {
	it('says REC and writes the samples to the file', async () => {
		const file = newFile();
		const screen = start([...at(server), '--interval', '250ms', '--record', file]);
		await screen.until(/sleeper/);
		expect(screen.rows()[0]).toContain('REC');
		await expect.poll(() => samplesIn(file)).toBeGreaterThan(2);
		screen.press('q');
		expect(await screen.exited).toBe(0);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(linesOf(file)[0]).toMatchObject({pgtriage_recording: 1});
	});

	it('is flushed at a signal', async () => {
		const file = newFile();
		const screen = start([...at(server), '--interval', '250ms', '--record', file]);
		await expect.poll(() => samplesIn(file)).toBeGreaterThan(1);
		screen.signal('SIGTERM');
		expect(await screen.exited).toBe(143);
		expect(textOf(file)).toMatch(/\}\n$/);
		expect(linesOf(file).length).toBeGreaterThan(2);
	});

	/** A disk with room for a few samples, where this user may mount one; else one that is always full. */
	const smallDisk = (): {readonly file: string; readonly remove: () => void} => {
		const place = join(folder, 'disk');
		mkdirSync(place, {recursive: true});
		try {
			execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', place], {stdio: 'ignore'});
		} catch {
			return {file: '/dev/full', remove: () => {}};
		}
		return {file: join(place, 'recording'), remove: () => execFileSync('/bin/umount', ['-l', place])};
	};

	it('on a full disk says NOT RECORDING, keeps watching and does not end with 0', async () => {
		const disk = smallDisk();
		try {
			const screen = start([...at(server), '--interval', '250ms', '--record', disk.file]);
			await screen.until(/sleeper/);
			await screen.until('NOT RECORDING');
			screen.press('i');
			await screen.until(/admin/);
			screen.press('q');
			expect(await screen.exited).toBe(1);
			expect(screen.unrestored()).toEqual([]);
		} finally {
			disk.remove();
		}
	});

	it('on a full disk from the start only fails to record', async () => {
		const screen = start([...at(server), '--interval', '250ms', '--record', '/dev/full']);
		await screen.until('NOT RECORDING');
		await screen.until(/sleeper/);
		screen.press('q');
		expect(await screen.exited).toBe(1);
		expect(screen.text()).not.toContain('bug');
	});
});
