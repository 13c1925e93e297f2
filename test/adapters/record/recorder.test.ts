import {execFileSync, spawn} from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	lchownSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {text} from 'node:stream/consumers';
import {gunzipSync, zstdDecompressSync} from 'node:zlib';
import {afterAll, describe, expect, it} from 'vitest';
import {type Recorder, record} from '../../../source/adapters/record/recorder.ts';
import {openRecording} from '../../../source/adapters/record/recordings.ts';
import {createForm} from '../../../source/core/recording/form.ts';
import {noRotation, type Rotation} from '../../../source/core/recording/rotation.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {queries} from '../../../source/queries/index.ts';
import {openRecorder} from '../../../source/run/server.ts';
import {samplesOf} from '../../screens/recorded.ts';

const root = mkdtempSync(join(tmpdir(), 'recorder-'));
afterAll(() => rmSync(root, {recursive: true, force: true}));

let folders = 0;
const newFolder = (): string => {
	const folder = join(root, String(folders++));
	mkdirSync(folder);
	return folder;
};

// As this version reads them: what it added since is null.
const real = samplesOf('all-incidents-15').map(createForm(queries));

/** Returns `count` samples, a second apart. */
const samples = (count: number, from = 0): readonly Sample[] =>
	Array.from({length: count}, (_, index): Sample => {
		const base = real[index % real.length] as Sample;
		return {...base, seq: index, at: laterBy(real[0]?.at ?? '', (from + index) * 1000)};
	});

/** Writes and closes a recording; fails if the recording fails. */
const writeRecording = async (file: string, content: readonly Sample[], rotation: Rotation = noRotation): Promise<void> => {
	const recorder = await record(file, 1000, rotation);
	for (const sample of content) recorder.write(sample);
	expect(await recorder.close()).toBeUndefined();
};

const read = async (file: string, alone = false): Promise<readonly Sample[]> => {
	const recording = await openRecording(file, {alone});
	const all: Sample[] = [];
	for await (const sample of recording.samples) all.push(sample);
	expect(recording.damaged()).toBe(0);
	return all;
};

/** Writes samples and waits until the file has the last of them. */
const writeAndWait = async (recorder: Recorder, file: string, content: readonly Sample[]): Promise<void> => {
	for (const sample of content) recorder.write(sample);
	const last = content.at(-1)?.at;
	await expect.poll(async () => (existsSync(file) && statSync(file).size > 0 ? (await read(file)).at(-1)?.at : '')).toBe(last);
};

const atOf = (content: readonly Sample[]): readonly string[] => content.map(({at}) => at);

const endings = ['ndjson', 'ndjson.gz', 'ndjson.zst'] as const;

const unpackedBy = {
	ndjson: (bytes: Buffer) => bytes,
	'ndjson.gz': (bytes: Buffer) => gunzipSync(bytes),
	'ndjson.zst': (bytes: Buffer) => zstdDecompressSync(bytes),
};

describe.each(endings)('a recording in a file ending in .%s', ending => {
	it('is readable by its owner only and has every sample, for other programs too', async () => {
		const file = join(newFolder(), `a.${ending}`);
		await writeRecording(file, samples(20));
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(await read(file)).toEqual(samples(20));
		const lines = unpackedBy[ending](readFileSync(file)).toString('utf8').split('\n');
		expect(JSON.parse(lines[0] ?? '')).toMatchObject({pgtriage_recording: 1, interval_ms: 1000});
		expect(lines).toHaveLength(22);
	});

	it('can be read up to its last sample while it is written', async () => {
		const file = join(newFolder(), `a.${ending}`);
		const recorder = await record(file, 1000);
		for (const [index, sample] of samples(5).entries()) {
			recorder.write(sample);
			await expect.poll(async () => (index === 0 && statSync(file).size === 0 ? 0 : (await read(file)).length)).toBe(index + 1);
		}
		await recorder.close();
	});

	it('rotates at a size into files that are complete by themselves and read as one recording', async () => {
		const folder = newFolder();
		const file = join(folder, `a.${ending}`);
		await writeRecording(file, samples(24), {...noRotation, bytes: ending === 'ndjson' ? 100_000 : 10_000});
		const names = readdirSync(folder);
		expect(names.length).toBeGreaterThan(2);
		let total = 0;
		for (const name of names) {
			const path = join(folder, name);
			const part = await read(path, true);
			total += part.length;
			expect(part[0]?.results).toHaveProperty('sessions');
			expect(part).toEqual(samples(24).slice(part[0]?.seq, (part[0]?.seq ?? 0) + part.length));
			expect(statSync(path).mode & 0o777).toBe(0o600);
		}
		expect(total).toBe(24);
		expect(await read(file)).toEqual(samples(24));
	});

	it('rotates at an age and keeps the configured number of files', async () => {
		const folder = newFolder();
		const file = join(folder, `a.${ending}`);
		writeFileSync(join(folder, `ab.20010101T000000000Z.${ending}`), 'of another program');
		await writeRecording(file, samples(24), {...noRotation, ageMs: 5000, keep: 2});
		expect(readdirSync(folder)).toHaveLength(4);
		expect((await read(file)).map(({seq}) => seq)).toEqual(Array.from({length: 14}, (_, index) => 10 + index));
		rmSync(file);
		expect(await read(file)).toHaveLength(10);
	});

	it('begins a new file when asked, unless the present one is empty', async () => {
		const folder = newFolder();
		const file = join(folder, `a.${ending}`);
		const recorder = await record(file, 1000);
		recorder.beginNewFile();
		for (const sample of samples(3)) recorder.write(sample);
		recorder.beginNewFile();
		recorder.beginNewFile();
		await expect.poll(() => readdirSync(folder)).toHaveLength(2);
		const [rotated = ''] = readdirSync(folder).filter(name => name !== `a.${ending}`);
		expect(await read(join(folder, rotated), true)).toEqual(samples(3));
		expect(statSync(file).size).toBe(0);
		for (const sample of samples(2, 10)) recorder.write(sample);
		expect(await recorder.close()).toBeUndefined();
		expect(await read(file, true)).toEqual(samples(2, 10));
		expect(await read(file)).toEqual([...samples(3), ...samples(2, 10)]);
		expect(readdirSync(folder)).toHaveLength(2);
	});

	it('leaves a file behind that another program renamed before it asked for a new one', async () => {
		const folder = newFolder();
		const file = join(folder, `a.${ending}`);
		const recorder = await record(file, 1000);
		await writeAndWait(recorder, file, samples(3));
		renameSync(file, join(folder, 'moved'));
		recorder.beginNewFile();
		for (const sample of samples(2, 10)) recorder.write(sample);
		expect(await recorder.close()).toBeUndefined();
		expect(readdirSync(folder).toSorted()).toEqual([`a.${ending}`, 'moved']);
		expect(await read(file, true)).toEqual(samples(2, 10));
	});

	it('is continued without loss', async () => {
		const file = join(newFolder(), `a.${ending}`);
		await writeRecording(file, samples(3));
		await writeRecording(file, samples(4, 10));
		expect(await read(file)).toEqual([...samples(3), ...samples(4, 10)]);
	});

	it('is continued after truncation without the truncated sample', async () => {
		const file = join(newFolder(), `a.${ending}`);
		await writeRecording(file, samples(3));
		writeFileSync(file, readFileSync(file).subarray(0, -20));
		await writeRecording(file, samples(4, 10));
		const recording = await openRecording(file);
		const all: Sample[] = [];
		for await (const sample of recording.samples) all.push(sample);
		expect(all.slice(-6)).toEqual([...samples(2), ...samples(4, 10)].slice(-6));
	});

	it.each([
		['something else', 'hello\n'],
		['a recording of a later format', '{"pgtriage_recording":2}\n'],
		['a table', 'pid,state\n'],
	])('does not overwrite %s', async (_, text) => {
		const file = join(newFolder(), `a.${ending}`);
		writeFileSync(file, text);
		chmodSync(file, 0o755);
		await expect(record(file, 1000)).rejects.toMatchObject({name: 'UserError', exitCode: 1});
		expect(readFileSync(file, 'utf8')).toBe(text);
		expect(statSync(file).mode & 0o777).toBe(0o755);
	});
});

it('a recording is not continued if its name implies another compression', async () => {
	const folder = newFolder();
	await writeRecording(join(folder, 'a.ndjson'), samples(2));
	const file = join(folder, 'b.ndjson.gz');
	writeFileSync(file, readFileSync(join(folder, 'a.ndjson')));
	await expect(record(file, 1000)).rejects.toThrow(`${file} exists and is not a recording that can be continued.`);
});

it('continuing a recording makes it readable by its owner only', async () => {
	const file = join(newFolder(), 'a.ndjson');
	await writeRecording(file, samples(1));
	chmodSync(file, 0o644);
	await writeRecording(file, samples(1, 5));
	expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('a rotated file of the same time is not overwritten', async () => {
	const folder = newFolder();
	const file = join(folder, 'a.ndjson.gz');
	for (let run = 0; run < 3; run++) await writeRecording(file, samples(2));
	expect(readdirSync(folder)).toHaveLength(3);
	expect(await read(file)).toHaveLength(6);
});

/** A tmpfs of a given size; undefined if this user cannot mount one. */
const smallDisk = (size: string): {readonly place: string; readonly remove: () => void} | undefined => {
	const place = newFolder();
	try {
		execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place], {stdio: 'ignore'});
	} catch {
		return undefined;
	}
	return {place, remove: () => execFileSync('/bin/umount', ['-l', place])};
};

it.each(endings)('a recording on a full disk stops with a sentence and stays readable (.%s)', async ending => {
	const disk = smallDisk(ending === 'ndjson' ? '256k' : '32k');
	const file = disk ? join(disk.place, `a.${ending}`) : '/dev/full';
	try {
		const recorder = await record(file, 1000);
		const many = samples(200);
		for (const sample of many) recorder.write(sample);
		expect(await recorder.failed).toMatchObject({code: 'ENOSPC', message: `The disk is full: recording to ${file} stopped.`});
		for (const sample of samples(1000)) recorder.write(sample);
		expect(await recorder.close()).toMatchObject({code: 'ENOSPC'});
		if (!disk) return;
		const content = await read(file);
		expect(content.length).toBeGreaterThan(1);
		expect(content).toEqual(many.slice(0, content.length));
	} finally {
		disk?.remove();
	}
});

describe.each(endings)('a running recording ending in .%s', ending => {
	const startRecording = async (): Promise<{readonly file: string; readonly folder: string; readonly recorder: Recorder}> => {
		const folder = newFolder();
		const file = join(folder, `db1.${ending}`);
		const recorder = await record(file, 1000);
		await writeAndWait(recorder, file, samples(4));
		return {file, folder, recorder};
	};

	it('continues in a new file after its file is deleted', async () => {
		const {file, recorder} = await startRecording();
		rmSync(file);
		await writeAndWait(recorder, file, samples(4, 4));
		expect(await recorder.close()).toBeUndefined();
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(atOf(await read(file))).toEqual(atOf(samples(4, 4)));
	});

	it('continues in a new file after its file is renamed, and both are complete', async () => {
		const {file, folder, recorder} = await startRecording();
		const aside = join(folder, `aside.${ending}`);
		renameSync(file, aside);
		await writeAndWait(recorder, file, samples(4, 4));
		expect(await recorder.close()).toBeUndefined();
		expect(atOf(await read(aside))).toEqual(atOf(samples(4)));
		expect(atOf(await read(file))).toEqual(atOf(samples(4, 4)));
		expect(() => unpackedBy[ending](readFileSync(aside))).not.toThrow();
	});

	it('starts again after its file is emptied', async () => {
		const {file, recorder} = await startRecording();
		truncateSync(file);
		await writeAndWait(recorder, file, samples(4, 4));
		expect(await recorder.close()).toBeUndefined();
		expect(atOf(await read(file))).toEqual(atOf(samples(4, 4)));
	});

	it('stops if another recorder writes to its file, without mixing lines', async () => {
		const {file, recorder} = await startRecording();
		const other = await record(file, 1000);
		await writeAndWait(other, file, samples(4, 100));
		recorder.write(samples(1, 4)[0] as Sample);
		expect(await recorder.failed).toMatchObject({code: 'shared', message: expect.stringContaining(file)});
		await writeAndWait(other, file, samples(4, 104));
		expect([await recorder.close(), await other.close()]).toEqual([expect.objectContaining({code: 'shared'}), undefined]);
		expect(atOf(await read(file))).toEqual(atOf([...samples(4), ...samples(8, 100)]));
	});
});

it('rotation renames the target of a link', async () => {
	const [folder, disk] = [newFolder(), newFolder()];
	const file = join(folder, 'db1.ndjson');
	writeFileSync(join(disk, 'db1.ndjson'), '');
	symlinkSync(join(disk, 'db1.ndjson'), file);
	await writeRecording(file, samples(30), {...noRotation, ageMs: 10_000});
	expect(readdirSync(folder)).toEqual(['db1.ndjson']);
	expect(readdirSync(disk)).toHaveLength(3);
});

describe('a recording is not written', () => {
	const other = 65_534;

	it.runIf(process.getuid?.() === 0).each<readonly [what: string, plant: (file: string) => void]>([
		[
			'into an empty file of another user',
			file => {
				writeFileSync(file, '');
				chownSync(file, other, other);
			},
		],
		[
			'through a link of another user',
			file => {
				symlinkSync(join(dirname(file), 'precious'), file);
				lchownSync(file, other, other);
			},
		],
		[
			'into a pipe of another user',
			file => {
				execFileSync('mkfifo', [file]);
				chownSync(file, other, other);
			},
		],
	])('%s', async (_, plant) => {
		const folder = newFolder();
		chmodSync(folder, 0o777);
		const file = join(folder, 'a.ndjson');
		plant(file);
		await expect(openRecorder(file, 1000, noRotation)).rejects.toMatchObject({
			name: 'UserError',
			exitCode: 1,
			message: `${file} is not a file of yours, or leads to it by a link of another user.`,
		});
		expect(readdirSync(folder)).toEqual(['a.ndjson']);
	});

	it.runIf(process.getuid?.() === 0)('any further into a file that another user put in its place', async () => {
		const folder = newFolder();
		const file = join(folder, 'a.ndjson');
		const recorder = await record(file, 1000);
		await writeAndWait(recorder, file, samples(2));
		rmSync(file);
		writeFileSync(file, '');
		chownSync(file, other, other);
		recorder.write(samples(1, 2)[0] as Sample);
		expect(await recorder.failed).toMatchObject({code: 'foreign', message: expect.stringContaining(file)});
		expect(readFileSync(file, 'utf8')).toBe('');
	});

	const isRoot = process.getuid?.() === 0;
	const disk = readdirSync('/dev').find(name => statSync(join('/dev', name), {throwIfNoEntry: false})?.isBlockDevice());

	it.runIf(isRoot || disk !== undefined)('over a disk', async () => {
		// Root makes one that no driver serves; others may not open any.
		const path = isRoot ? join(newFolder(), 'disk') : join('/dev', disk ?? '');
		if (isRoot) execFileSync('mknod', [path, 'b', '250', '0']);
		await expect(record(path, 1000)).rejects.toMatchObject({code: 'foreign'});
	});
});

it('a new recording is created behind a dangling link of its own user, and only there', async () => {
	const [folder, disk] = [newFolder(), newFolder()];
	const file = join(folder, 'db1.ndjson');
	symlinkSync(join(disk, 'db1.ndjson'), file);
	await writeRecording(file, samples(2));
	expect(readdirSync(disk)).toEqual(['db1.ndjson']);
	expect(statSync(join(disk, 'db1.ndjson')).mode & 0o777).toBe(0o600);
});

it('rotation is refused for a device and stdout', async () => {
	for (const file of ['/dev/null', '-'])
		await expect(record(file, 1000, {...noRotation, ageMs: 10_000})).rejects.toThrow(/cannot be rotated/);
});

it('a recording to a pipe starts with the reader and stops without one', async () => {
	const pipe = join(newFolder(), 'pipe');
	execFileSync('mkfifo', [pipe]);
	const reader = spawn('head', ['-c', '1000', pipe], {stdio: ['ignore', 'pipe', 'inherit']});
	const seen = text(reader.stdout);
	const recorder = await record(pipe, 1000);
	for (const sample of samples(20)) recorder.write(sample);
	expect(await recorder.failed).toEqual({code: 'EPIPE', message: `The reader of ${pipe} is gone: recording stopped.`});
	const [first] = (await seen).split('\n');
	expect(JSON.parse(first ?? '')).toMatchObject({pgtriage_recording: 1});
	await recorder.close();
});
