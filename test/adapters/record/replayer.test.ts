import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {openRecording} from '../../../source/adapters/record/recordings.ts';
import {recorded} from '../../../source/adapters/record/replayer.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import type {SourceMessage} from '../../../source/core/state/message.ts';
import {samplesARead} from '../../../source/core/state/source.ts';
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
	const found: Sample[] = [];
	for await (const one of (await openRecording(file)).samples) found.push(one);
	return found.map(({seq}) => seq);
};

/** What a source tells until it tells something that `ends`. */
const told = (file: string, ends: (action: SourceMessage) => boolean): Promise<readonly SourceMessage[]> =>
	new Promise(resolve => {
		const actions: SourceMessage[] = [];
		const feed = recorded(file)(action => {
			actions.push(action);
			if (ends(action)) void Promise.resolve().then(() => feed.stop().then(() => resolve(actions)));
		});
	});

test('a recording is read line by line, and a damaged line costs only itself', async () => {
	const recording = await openRecording(fileOf('damaged', header, sample(0), '{"seq":1,"at', sample(2), ''));
	for (const _ of ['at first', 'and again']) {
		const found: number[] = [];
		for await (const {seq} of recording.samples) found.push(seq);
		expect(found).toEqual([0, 2]);
		expect(recording.damaged()).toBe(1);
	}
});

test('a recording that was continued is read through', async () => {
	expect(await read(fileOf('continued', header, sample(0), header, sample(0), sample(1)))).toEqual([0, 0, 1]);
});

test.each([
	['of a later format', '{"pgtriage_recording":2}', /has format 2; this pgtriage reads format 1/],
	['of no known format', '{"pgtriage_recording":"x"}', /has format x/],
])('a recording %s is refused, never misread', async (_, first, message) => {
	const file = fileOf('later', first, sample(0));
	await expect(read(file)).rejects.toThrow(message);
	await expect(read(file)).rejects.toBeInstanceOf(UserError);
});

test.each([
	['an empty file', []],
	['a file that is no recording', ['hello', '{"a":1}']],
	['a header alone', [header]],
])('%s holds no sample, and says so', async (name, lines) => {
	await expect(read(fileOf(name, ...lines))).rejects.toThrow(/holds no sample\.$/);
});

test('a source over a recording of a later format is lost with the sentence that says why', async () => {
	const actions = await told(fileOf('lost', '{"pgtriage_recording":2}'), ({type, ...rest}) =>
		'link' in rest ? rest.link.state === 'lost' : false,
	);
	expect(actions.at(-1)).toMatchObject({type: 'link', link: {state: 'lost', failure: {message: /has format 2/}}});
});

test('a source over a recording reads some samples at once, as many more as it is asked for, and says when there are no more', async () => {
	const count = 2 * samplesARead + 5;
	const file = fileOf('read', header, sample(0), '{"seq":1,"at', ...Array.from({length: count - 1}, () => sample(0)));
	const given: number[] = [];
	const asked: number[] = [];
	const last = await new Promise<SourceMessage>(resolve => {
		const feed = recorded(file)(action => {
			if (action.type === 'sample') {
				given.push(action.sample.seq);
				// Time enough for one that nobody asked for.
				if (given.length % samplesARead === 0)
					setTimeout(() => {
						asked.push(given.length);
						feed.refresh();
					}, 50);
			} else if (action.link.state !== 'ready') void feed.stop().then(() => resolve(action));
		});
	});
	expect(given).toEqual(Array.from({length: count}, (_, seq) => seq));
	expect(asked).toEqual([samplesARead, 2 * samplesARead]);
	expect(last).toMatchObject({link: {state: 'closed', failure: {message: '1 damaged line of the recording was skipped.'}}});
});
