import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {compressionNamed, createPacker} from '../../../source/adapters/record/compression.ts';
import {record} from '../../../source/adapters/record/recorder.ts';
import {openRecording} from '../../../source/adapters/record/recordings.ts';
import {createEncoder, isSelfContained} from '../../../source/core/recording/lines.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {seed} from '../../core/arbitraries.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {samplesOf} from '../../screens/recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'recordings-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const real = samplesOf('plain-role');
const base = real[0] as Sample;
// Small samples, so that a frame and a piece of a compressed file hold many.
const samples = Array.from({length: 60}, (_, seq): Sample => {
	const sessions = (real[seq % real.length] as Sample).results.sessions;
	return {...base, seq, at: laterBy(base.at, seq * 1000), results: sessions ? {sessions} : {}};
});

/** Numbers of the samples in a file and the count of damaged lines. */
const read = async (file: string): Promise<{readonly seqs: readonly number[]; readonly damaged: number}> => {
	const recording = await openRecording(file);
	const seqs: number[] = [];
	for await (const sample of recording.samples) {
		expect(sample).toEqual(samples[sample.seq]);
		seqs.push(sample.seq);
	}
	return {seqs, damaged: recording.damaged()};
};

const endings = ['ndjson', 'gz', 'zst'] as const;

/** File size after each sample, by kind of recording. */
const endsIn: Record<(typeof endings)[number], number[]> = {ndjson: [], gz: [], zst: []};

beforeAll(async () => {
	for (const ending of endings) {
		const file = join(folder, `a.${ending}`);
		const ends = endsIn[ending];
		const recorder = await record(file, 1000);
		for (const sample of samples) {
			recorder.write(sample);
			const before = ends.at(-1) ?? 0;
			await vi.waitUntil(() => readFileSync(file).length > before, {interval: 1, timeout: longestWaitMs});
			ends.push(readFileSync(file).length);
		}
		await recorder.close();
	}
});

describe.each(endings)('a recording compressed as .%s', ending => {
	const file = join(folder, `a.${ending}`);
	const ends = endsIn[ending];
	let bytes: Buffer = Buffer.alloc(0);

	beforeAll(() => {
		bytes = readFileSync(file);
	});

	const cut = join(folder, `cut.${ending}`);

	it('is read up to the last complete sample after truncation, without damage', async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({min: (ends[0] ?? 0) + 1, max: bytes.length}), async length => {
				writeFileSync(cut, bytes.subarray(0, length));
				const {seqs, damaged} = await read(cut);
				const written = ends.filter(end => end <= length).length;
				expect([written, written + 1]).toContain(seqs.length);
				expect(seqs).toEqual(samples.slice(0, seqs.length).map(({seq}) => seq));
				expect(damaged).toBe(0);
			}),
			{seed, numRuns: 60},
		);
	});

	it('is read without damaged lines, which are counted', async () => {
		await fc.assert(
			fc.asyncProperty(fc.nat({max: bytes.length - 1}), fc.uint8Array({minLength: 1, maxLength: 40}), async (place, noise) => {
				const damagedBytes = Buffer.from(bytes);
				damagedBytes.set(noise.subarray(0, bytes.length - place), place);
				// Followed by the same recording, as a second run writes it.
				writeFileSync(cut, Buffer.concat([damagedBytes, Buffer.from(ending === 'ndjson' ? '\n' : ''), bytes]));
				const recording = await openRecording(cut);
				const seqs: number[] = [];
				for await (const {seq} of recording.samples) seqs.push(seq);
				expect(seqs.slice(-samples.length)).toEqual(samples.map(({seq}) => seq));
				const lost = 2 * samples.length - seqs.length;
				if (lost > 0) expect(recording.damaged()).toBeGreaterThan(0);
			}),
			{seed, numRuns: 60},
		);
	});

	it('counts lost samples by the gap in numbers and resumes at the next minute', async () => {
		const compression = compressionNamed(file);
		const encode = createEncoder();
		const frames: Buffer[][] = [];
		let packer = compression && createPacker(compression);
		for (let seq = 0; seq < 150; seq++) {
			const line = encode({...(samples[seq % samples.length] as Sample), seq, at: laterBy(base.at, seq * 1000)}, seq * 1000);
			if (seq > 0 && isSelfContained(line)) {
				if (packer) frames.at(-1)?.push(await packer.end());
				packer = compression && createPacker(compression);
			}
			if (isSelfContained(line)) frames.push([]);
			frames.at(-1)?.push(packer ? await packer.pack(`${line}\n`) : Buffer.from(`${line}\n`));
		}
		const damagedFrame = frames[1]?.map((line, index) => (index === 40 ? Buffer.alloc(line.length, 0xff) : line)) ?? [];
		writeFileSync(cut, Buffer.concat([...(frames[0] ?? []), ...damagedFrame, ...(frames[2] ?? [])]));
		const recording = await openRecording(cut);
		const seqs: number[] = [];
		for await (const {seq} of recording.samples) seqs.push(seq);
		const lost = Array.from({length: 150}, (_, seq) => seq).filter(seq => !seqs.includes(seq));
		expect(seqs).toEqual(Array.from({length: 150}, (_, seq) => seq).filter(seq => !lost.includes(seq)));
		expect(lost.at(-1)).toBe(119);
		expect(lost.length).toBeGreaterThanOrEqual(20);
		expect(lost.length).toBeLessThan(40);
		expect(recording.damaged()).toBe(lost.length);
	});

	it('can be iterated again from the beginning', async () => {
		const recording = await openRecording(file);
		for (const _ of ['at first', 'and again']) {
			const seqs: number[] = [];
			for await (const {seq} of recording.samples) {
				seqs.push(seq);
				if (seq === 4) break;
			}
			expect(seqs).toEqual([0, 1, 2, 3, 4]);
		}
		expect(recording.header).toMatchObject({pgtriage_recording: 1, interval_ms: 1000});
	});

	it('is recognized by its content, not by its name', async () => {
		const renamed = join(folder, `renamed-${ending}`);
		writeFileSync(renamed, bytes);
		expect(await read(renamed)).toEqual({seqs: samples.map(({seq}) => seq), damaged: 0});
	});

	it('is read from a pipe once', async () => {
		const pipe = join(folder, `pipe-${ending}`);
		execFileSync('mkfifo', [pipe]);
		const cat = spawn('/bin/sh', ['-c', `cat ${file} > ${pipe}`]);
		const recording = await openRecording(pipe);
		let count = 0;
		for await (const _ of recording.samples) count++;
		expect(count).toBe(samples.length);
		expect(() => recording.samples[Symbol.asyncIterator]()).toThrow(`${pipe} can be read only once.`);
		if (cat.exitCode === null) await once(cat, 'exit');
	});
});

it('an incomplete last line is not damaged and is read once complete', async () => {
	const file = join(folder, 'written.ndjson');
	const text = readFileSync(join(folder, 'a.ndjson'), 'utf8');
	const lines = text.split('\n');
	writeFileSync(file, `${lines.slice(0, 4).join('\n')}\n${lines[4]?.slice(0, 20)}`);
	expect(await read(file)).toEqual({seqs: [0, 1, 2], damaged: 0});
	appendFileSync(file, lines[4]?.slice(20) ?? '');
	expect(await read(file)).toEqual({seqs: [0, 1, 2, 3], damaged: 0});
	appendFileSync(file, '\n{"seq":\n');
	expect(await read(file)).toEqual({seqs: [0, 1, 2, 3], damaged: 1});
});

it('an endless line is damaged and takes bounded memory', async () => {
	const file = join(folder, 'endless.ndjson');
	writeFileSync(file, readFileSync(join(folder, 'a.ndjson')));
	for (let mb = 0; mb < 100; mb += 10) appendFileSync(file, Buffer.alloc(10 * 1024 ** 2, 0x78));
	appendFileSync(file, `\n${readFileSync(join(folder, 'a.ndjson'), 'utf8')}`);
	const {seqs, damaged} = await read(file);
	expect({count: seqs.length, damaged}).toEqual({count: 2 * samples.length, damaged: 1});
	rmSync(file);
});

it.each(['missing.ndjson', '.'])('%s cannot be read and gives a sentence', async name => {
	await expect(openRecording(join(folder, name))).rejects.toMatchObject({
		name: 'UserError',
		message: `${join(folder, name)} cannot be read.`,
		exitCode: 1,
	});
});

it('a recording needs zstd only if it is compressed with it, and names the remedy', async () => {
	const zlib = 'data:text/javascript,export {constants, createGunzip, createGzip} from "node:zlib"';
	const script = `
		import {registerHooks} from 'node:module';
		registerHooks({
			resolve: (name, context, next) =>
				name === 'node:zlib' && !context.parentURL.startsWith('data:') ? {url: '${zlib}', shortCircuit: true} : next(name, context),
		});
		const {openRecording} = await import('${new URL('../../../source/adapters/record/recordings.ts', import.meta.url)}');
		const {record} = await import('${new URL('../../../source/adapters/record/recorder.ts', import.meta.url)}');
		for (const attempt of [() => openRecording('a.gz'), () => openRecording('a.zst'), () => record('new.zst', 1000)])
			await attempt().then(() => console.log('fine'), ({name, message, hint}) => console.log(name + ': ' + message + ' ' + hint));
	`;
	const args = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
	const said = execFileSync(process.execPath, args, {cwd: folder, encoding: 'utf8'});
	expect(said.replaceAll(process.version, 'vX').trim().split('\n')).toEqual([
		'fine',
		...['a.zst', 'new.zst'].map(
			name =>
				`UserError: ${name} needs zstd, which Node.js vX does not support. Use Node.js 22.15 or later, or a file ending in .gz.`,
		),
	]);
});
