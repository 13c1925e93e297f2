import {globSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {openRecording} from '../../source/adapters/record/recordings.ts';
import {append, emptyTimeline, type Timeline} from '../../source/core/history/timeline.ts';
import {findingsBy} from '../../source/core/pane/finding.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import {msOf} from '../../source/core/values/instant.ts';
import {rules} from '../../source/findings/index.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {registry} from '../../source/panes/index.ts';
import {historyCodec} from '../../source/run/history-codec.ts';

/** The samples of all recordings as those of one server, oldest first. */
const recorded = async (): Promise<readonly Sample[]> => {
	const samples: Sample[] = [];
	for (const file of globSync(join(import.meta.dirname, '../recordings/*.ndjson')))
		for await (const sample of (await openRecording(file)).samples) samples.push(sample);
	return samples.toSorted((a, b) => msOf(a.at) - msOf(b.at)).map((sample, seq) => ({...sample, seq}));
};

const timelineOf = (samples: readonly Sample[], kind: typeof historyCodec | undefined): Timeline =>
	samples.reduce((timeline, sample) => append(timeline, sample), emptyTimeline(16 * 1024 ** 2, kind));

/** Rows without what they work out only when it is asked for. */
const readIn = (rows: readonly object[]): readonly object[] =>
	rows.map(row => Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value !== 'function')));

const newFindings = () => findingsBy(rules.map(({find}) => ({find: (sample, past) => find(sample, past, thresholds)})));

describe('a compressed history', () => {
	let plain: Timeline;
	let compressed: Timeline;

	beforeAll(async () => {
		plain = timelineOf(await recorded(), undefined);
		compressed = timelineOf(await recorded(), historyCodec);
	});

	it('has most of its samples compressed', () => {
		expect(compressed.samples.length).toBe(plain.samples.length);
		expect(compressed.samples.length).toBeGreaterThan(150);
		expect(compressed.blocks.length * 16).toBeGreaterThan(compressed.samples.length / 2);
	});

	it.each(registry.panes.map(pane => [pane.id, pane] as const))('shows the same rows in the pane %s', (_, pane) => {
		for (let index = 0; index < plain.samples.length; index++) {
			const rows = [plain, compressed].map(({samples}) => readIn(pane.rows(samples.at(index) as Sample, samples)));
			expect(rows[1]).toEqual(rows[0]);
		}
	});

	it('has the same findings', () => {
		const [of, ofPacked] = [newFindings(), newFindings()];
		for (let index = 0; index < plain.samples.length; index++) {
			const found = of(plain.samples.at(index) as Sample, plain.samples);
			expect(ofPacked(compressed.samples.at(index) as Sample, compressed.samples)).toEqual(found);
		}
	});
});
