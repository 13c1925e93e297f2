import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {openRecording} from '../../../source/adapters/record/recordings.ts';
import {recorded} from '../../../source/adapters/record/replayer.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import type {SourceMessage} from '../../../source/core/state/message.ts';
import {samplesPerRead} from '../../../source/core/state/source.ts';
import {UserError} from '../../../source/core/values/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'replayer-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const header = '{"pgtriage_recording":1,"server":null,"interval_ms":1000}';
const sample = (seq: number): string =>
	`{"seq":${seq},"at":"2026-11-22T14:30:0${seq}.000000+00:00","own":[],"results":{"sessions":{"ok":true,"at":"x","took_ms":1,"rows":[]}}}`;

const fileOf = (name: string, ...lines: readonly string[]): string => {
	const file = join(folder, name);
	writeFileSync(file, lines.map(line => `${line}\n`).join(''));
	return file;
};

const read = async (file: string): Promise<readonly number[]> => {
	const samples: Sample[] = [];
	for await (const one of (await openRecording(file)).samples) samples.push(one);
	return samples.map(({seq}) => seq);
};

/** Messages of a source up to the first one for which `ends` is true. */
const messagesOf = (file: string, ends: (message: SourceMessage) => boolean): Promise<readonly SourceMessage[]> =>
	new Promise(resolve => {
		const messages: SourceMessage[] = [];
		const feed = recorded(file)(message => {
			messages.push(message);
			if (ends(message)) void Promise.resolve().then(() => feed.stop().then(() => resolve(messages)));
		});
	});

test('a damaged line loses only itself', async () => {
	const recording = await openRecording(fileOf('damaged', header, sample(0), '{"seq":1,"at', sample(2), ''));
	for (const _ of ['first', 'second']) {
		const seqs: number[] = [];
		for await (const {seq} of recording.samples) seqs.push(seq);
		expect(seqs).toEqual([0, 2]);
		expect(recording.damaged()).toBe(1);
	}
});

test('a continued recording is read through', async () => {
	expect(await read(fileOf('continued', header, sample(0), header, sample(0), sample(1)))).toEqual([0, 0, 1]);
});

test.each([
	['of a later format', '{"pgtriage_recording":2}', /has format 2; this pgtriage reads format 1/],
	['of an unknown format', '{"pgtriage_recording":"x"}', /has format x/],
])('a recording %s is refused', async (_, first, message) => {
	const file = fileOf('later', first, sample(0));
	await expect(read(file)).rejects.toThrow(message);
	await expect(read(file)).rejects.toBeInstanceOf(UserError);
});

test.each([
	['an empty file', []],
	['a file that is not a recording', ['hello', '{"a":1}']],
	['a lone header', [header]],
])('%s is refused because it holds no sample', async (name, lines) => {
	await expect(read(fileOf(name, ...lines))).rejects.toThrow(/holds no sample\.$/);
});

test('a source over a recording of a later format is lost with a sentence', async () => {
	const messages = await messagesOf(fileOf('lost', '{"pgtriage_recording":2}'), ({type, ...rest}) =>
		'link' in rest ? rest.link.state === 'lost' : false,
	);
	expect(messages.at(-1)).toMatchObject({type: 'link', link: {state: 'lost', failure: {message: /has format 2/}}});
});

test('a source over a recording reads a batch at once, another at each refresh, and closes the link at the end', async () => {
	const count = 2 * samplesPerRead + 5;
	const file = fileOf('read', header, sample(0), '{"seq":1,"at', ...Array.from({length: count - 1}, () => sample(0)));
	const seqs: number[] = [];
	const refreshes: number[] = [];
	const last = await new Promise<SourceMessage>(resolve => {
		const feed = recorded(file)(message => {
			if (message.type === 'sample') {
				seqs.push(message.sample.seq);
				// Long enough for a sample that was not requested.
				if (seqs.length % samplesPerRead === 0)
					setTimeout(() => {
						refreshes.push(seqs.length);
						feed.refresh();
					}, 50);
			} else if (message.link.state !== 'ready') void feed.stop().then(() => resolve(message));
		});
	});
	expect(seqs).toEqual(Array.from({length: count}, (_, seq) => seq));
	expect(refreshes).toEqual([samplesPerRead, 2 * samplesPerRead]);
	expect(last).toMatchObject({link: {state: 'closed', failure: {message: '1 damaged line of the recording was skipped.'}}});
});
