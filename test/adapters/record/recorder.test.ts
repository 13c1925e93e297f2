import {execFileSync, spawn} from 'node:child_process';
import {
	chmodSync,
	existsSync,
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
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {gunzipSync, zstdDecompressSync} from 'node:zlib';
import {afterAll, describe, expect, it} from 'vitest';
import {type Recorder, record} from '../../../source/adapters/record/recorder.ts';
import {openRecording} from '../../../source/adapters/record/recordings.ts';
import {noRotation, type Rotation} from '../../../source/core/recording/rotation.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {samplesOf} from '../../screens/recorded.ts';

const root = mkdtempSync(join(tmpdir(), 'recorder-'));
afterAll(() => rmSync(root, {recursive: true, force: true}));

let folders = 0;
const newFolder = (): string => {
	const folder = join(root, String(folders++));
	mkdirSync(folder);
	return folder;
};

const real = samplesOf('all-incidents-15');

/** So many samples, a second apart. */
const samples = (count: number, from = 0): readonly Sample[] =>
	Array.from({length: count}, (_, index): Sample => {
		const base = real[index % real.length] as Sample;
		return {...base, seq: index, at: laterBy(real[0]?.at ?? '', (from + index) * 1000)};
	});

/** Writes a recording to its end, and fails if it does. */
const recorded = async (file: string, given: readonly Sample[], rotation: Rotation = noRotation): Promise<void> => {
	const recorder = await record(file, 1000, rotation);
	for (const sample of given) recorder.write(sample);
	expect(await recorder.close()).toBeUndefined();
};

const read = async (file: string, alone = false): Promise<readonly Sample[]> => {
	const recording = await openRecording(file, {alone});
	const found: Sample[] = [];
	for await (const sample of recording.samples) found.push(sample);
	expect(recording.damaged()).toBe(0);
	return found;
};

/** Gives a recorder samples, and waits until the file holds the last of them. */
const taken = async (recorder: Recorder, file: string, given: readonly Sample[]): Promise<void> => {
	for (const sample of given) recorder.write(sample);
	const last = given.at(-1)?.at;
	await expect.poll(async () => (existsSync(file) && statSync(file).size > 0 ? (await read(file)).at(-1)?.at : '')).toBe(last);
};

const atOf = (given: readonly Sample[]): readonly string[] => given.map(({at}) => at);

const endings = ['ndjson', 'ndjson.gz', 'ndjson.zst'] as const;

const unpackedBy = {
	ndjson: (bytes: Buffer) => bytes,
	'ndjson.gz': (bytes: Buffer) => gunzipSync(bytes),
	'ndjson.zst': (bytes: Buffer) => zstdDecompressSync(bytes),
};

describe.each(endings)('a recording in a file ending in .%s', ending => {
	it('is for its owner alone, and holds what was put in, for other programs as well', async () => {
		const file = join(newFolder(), `a.${ending}`);
		await recorded(file, samples(20));
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(await read(file)).toEqual(samples(20));
		const lines = unpackedBy[ending](readFileSync(file)).toString('utf8').split('\n');
		expect(JSON.parse(lines[0] ?? '')).toMatchObject({pgtriage_recording: 1, interval_ms: 1000});
		expect(lines).toHaveLength(22);
	});

	it('can be read while it is written, up to its last sample', async () => {
		const file = join(newFolder(), `a.${ending}`);
		const recorder = await record(file, 1000);
		for (const [index, sample] of samples(5).entries()) {
			recorder.write(sample);
			await expect.poll(async () => (index === 0 && statSync(file).size === 0 ? 0 : (await read(file)).length)).toBe(index + 1);
		}
		await recorder.close();
	});

	it('goes on in a new file at a size, each complete by itself, and all are one recording', async () => {
		const folder = newFolder();
		const file = join(folder, `a.${ending}`);
		await recorded(file, samples(24), {...noRotation, bytes: ending === 'ndjson' ? 100_000 : 10_000});
		const names = readdirSync(folder);
		expect(names.length).toBeGreaterThan(2);
		let total = 0;
		for (const name of names) {
			const path = join(folder, name);
			const found = await read(path, true);
			total += found.length;
			expect(found[0]?.results).toHaveProperty('sessions');
			expect(found).toEqual(samples(24).slice(found[0]?.seq, (found[0]?.seq ?? 0) + found.length));
			expect(statSync(path).mode & 0o777).toBe(0o600);
		}
		expect(total).toBe(24);
		expect(await read(file)).toEqual(samples(24));
	});

	it('goes on in a new file at an age, and keeps as many as it is told', async () => {
		const folder = newFolder();
		const file = join(folder, `a.${ending}`);
		writeFileSync(join(folder, `ab.20010101T000000000Z.${ending}`), 'of somebody else');
		await recorded(file, samples(24), {...noRotation, ageMs: 5000, keep: 2});
		expect(readdirSync(folder)).toHaveLength(4);
		expect((await read(file)).map(({seq}) => seq)).toEqual(Array.from({length: 14}, (_, index) => 10 + index));
		rmSync(file);
		expect(await read(file)).toHaveLength(10);
	});

	it('is gone on with, and nothing of it is lost', async () => {
		const file = join(newFolder(), `a.${ending}`);
		await recorded(file, samples(3));
		await recorded(file, samples(4, 10));
		expect(await read(file)).toEqual([...samples(3), ...samples(4, 10)]);
	});

	it('is gone on with after it was cut off, without what was cut', async () => {
		const file = join(newFolder(), `a.${ending}`);
		await recorded(file, samples(3));
		writeFileSync(file, readFileSync(file).subarray(0, -20));
		await recorded(file, samples(4, 10));
		const recording = await openRecording(file);
		const found: Sample[] = [];
		for await (const sample of recording.samples) found.push(sample);
		expect(found.slice(-6)).toEqual([...samples(2), ...samples(4, 10)].slice(-6));
	});

	it.each([
		['something else', 'hello\n'],
		['a recording of a later format', '{"pgtriage_recording":2}\n'],
		['a table', 'pid,state\n'],
	])('is not begun where %s is, which stays as it was', async (_, text) => {
		const file = join(newFolder(), `a.${ending}`);
		writeFileSync(file, text);
		await expect(record(file, 1000)).rejects.toMatchObject({name: 'UserError', exitCode: 1});
		expect(readFileSync(file, 'utf8')).toBe(text);
	});
});

it('a recording is not gone on with where its name says that it is packed otherwise', async () => {
	const folder = newFolder();
	await recorded(join(folder, 'a.ndjson'), samples(2));
	const file = join(folder, 'b.ndjson.gz');
	writeFileSync(file, readFileSync(join(folder, 'a.ndjson')));
	await expect(record(file, 1000)).rejects.toThrow(`${file} is there already, and is no recording that can be continued.`);
});

it('a recording that others could read is for its owner alone once it is gone on with', async () => {
	const file = join(newFolder(), 'a.ndjson');
	await recorded(file, samples(1));
	chmodSync(file, 0o644);
	await recorded(file, samples(1, 5));
	expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('a file that was rotated out at the same moment is not overwritten', async () => {
	const folder = newFolder();
	const file = join(folder, 'a.ndjson.gz');
	for (let run = 0; run < 3; run++) await recorded(file, samples(2));
	expect(readdirSync(folder)).toHaveLength(3);
	expect(await read(file)).toHaveLength(6);
});

/** A disk of so many bytes, where this user may mount one. */
const smallDisk = (size: string): {readonly place: string; readonly remove: () => void} | undefined => {
	const place = newFolder();
	try {
		execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place], {stdio: 'ignore'});
	} catch {
		return undefined;
	}
	return {place, remove: () => execFileSync('/bin/umount', ['-l', place])};
};

it.each(endings)(
	'a recording on a disk that becomes full ends with a sentence, and what was written can be read (.%s)',
	async ending => {
		const disk = smallDisk(ending === 'ndjson' ? '256k' : '32k');
		const file = disk ? join(disk.place, `a.${ending}`) : '/dev/full';
		try {
			const recorder = await record(file, 1000);
			const many = samples(200);
			for (const sample of many) recorder.write(sample);
			expect(await recorder.failed).toMatchObject({code: 'ENOSPC', message: `The disk is full: ${file} is recorded no further.`});
			for (const sample of samples(1000)) recorder.write(sample);
			expect(await recorder.close()).toMatchObject({code: 'ENOSPC'});
			if (!disk) return;
			const found = await read(file);
			expect(found.length).toBeGreaterThan(1);
			expect(found).toEqual(many.slice(0, found.length));
		} finally {
			disk?.remove();
		}
	},
);

describe.each(endings)('while a recording ending in .%s is written', ending => {
	const begun = async (): Promise<{readonly file: string; readonly folder: string; readonly recorder: Recorder}> => {
		const folder = newFolder();
		const file = join(folder, `db1.${ending}`);
		const recorder = await record(file, 1000);
		await taken(recorder, file, samples(4));
		return {file, folder, recorder};
	};

	it('its file may be deleted: it goes on in a new one for its owner alone', async () => {
		const {file, recorder} = await begun();
		rmSync(file);
		await taken(recorder, file, samples(4, 4));
		expect(await recorder.close()).toBeUndefined();
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(atOf(await read(file))).toEqual(atOf(samples(4, 4)));
	});

	it('its file may be renamed: it goes on in a new one, and both are whole', async () => {
		const {file, folder, recorder} = await begun();
		const aside = join(folder, `aside.${ending}`);
		renameSync(file, aside);
		await taken(recorder, file, samples(4, 4));
		expect(await recorder.close()).toBeUndefined();
		expect(atOf(await read(aside))).toEqual(atOf(samples(4)));
		expect(atOf(await read(file))).toEqual(atOf(samples(4, 4)));
		expect(() => unpackedBy[ending](readFileSync(aside))).not.toThrow();
	});

	it('its file may be emptied: it begins there anew', async () => {
		const {file, recorder} = await begun();
		truncateSync(file);
		await taken(recorder, file, samples(4, 4));
		expect(await recorder.close()).toBeUndefined();
		expect(atOf(await read(file))).toEqual(atOf(samples(4, 4)));
	});

	it('a second one into the same file ends one of both, and nothing of theirs is mixed', async () => {
		const {file, recorder} = await begun();
		const other = await record(file, 1000);
		await taken(other, file, samples(4, 100));
		recorder.write(samples(1, 4)[0] as Sample);
		expect(await recorder.failed).toMatchObject({code: 'shared', message: expect.stringContaining(file)});
		await taken(other, file, samples(4, 104));
		expect([await recorder.close(), await other.close()]).toEqual([expect.objectContaining({code: 'shared'}), undefined]);
		expect(atOf(await read(file))).toEqual(atOf([...samples(4), ...samples(8, 100)]));
	});
});

it('of a link the file is rotated, where it is', async () => {
	const [folder, disk] = [newFolder(), newFolder()];
	const file = join(folder, 'db1.ndjson');
	writeFileSync(join(disk, 'db1.ndjson'), '');
	symlinkSync(join(disk, 'db1.ndjson'), file);
	await recorded(file, samples(30), {...noRotation, ageMs: 10_000});
	expect(readdirSync(folder)).toEqual(['db1.ndjson']);
	expect(readdirSync(disk)).toHaveLength(3);
});

it('what is no file is not rotated, and says so', async () => {
	for (const file of ['/dev/null', '-'])
		await expect(record(file, 1000, {...noRotation, ageMs: 10_000})).rejects.toThrow(/is no file that could be rotated/);
});

it('a pipe takes a recording once somebody reads it, and ends it when nobody does any more', async () => {
	const pipe = join(newFolder(), 'pipe');
	execFileSync('mkfifo', [pipe]);
	const reader = spawn('head', ['-c', '1000', pipe], {stdio: ['ignore', 'pipe', 'inherit']});
	const seen = text(reader.stdout);
	const recorder = await record(pipe, 1000);
	for (const sample of samples(20)) recorder.write(sample);
	expect(await recorder.failed).toEqual({code: 'EPIPE', message: `Nobody reads ${pipe} any more: recording has ended.`});
	const [first] = (await seen).split('\n');
	expect(JSON.parse(first ?? '')).toMatchObject({pgtriage_recording: 1});
	await recorder.close();
});
