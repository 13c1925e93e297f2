import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {openRecording} from '../../source/adapters/record/recordings.ts';
import {append} from '../../source/core/history/timeline.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import type {State} from '../../source/core/state/state.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {registry} from '../../source/panes/index.ts';
import {writeBundle} from '../../source/run/bundle.ts';
import {stateConnected} from '../screens/driver.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'pgtriage-bundle-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const samplesOf = async (file: string): Promise<readonly Sample[]> => {
	const samples: Sample[] = [];
	for await (const sample of (await openRecording(file)).samples) samples.push(sample);
	return samples;
};

const recorded = await samplesOf(join(import.meta.dirname, '../recordings/lock-chain.ndjson'));

const seen = (): State => {
	const state = stateConnected({columns: 120, rows: 40});
	return {...state, timeline: recorded.reduce(append, state.timeline)};
};

const write = (signal: AbortSignal) =>
	writeBundle({state: seen(), registry, limits: thresholds, folder, progress: () => {}, signal});

describe('an incident bundle', () => {
	it('has the samples as a compressed recording', async () => {
		const {ok} = await write(new AbortController().signal);
		expect(ok).toBe(true);
		const [name = ''] = readdirSync(folder);
		expect(await samplesOf(join(folder, name, 'recording.ndjson.zst'))).toEqual(recorded);
	});

	it('leaves nothing behind when it is canceled', async () => {
		const stop = new AbortController();
		const written = write(stop.signal);
		stop.abort();
		expect(await written).toEqual({text: 'Incident bundle canceled.', ok: true});
		expect(readdirSync(folder)).toEqual([]);
	});
});
