import {describe, expect, it} from 'vitest';
import {textOf} from '../../../source/core/text/line.ts';
import {waitsPane} from '../../../source/panes/waits/waits.ts';
import {lockStatistics} from '../../../source/queries/activity/lock-statistics.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {answer, instantAt, makeSample, samplesEvery} from '../../findings/samples.ts';

const past = samplesEvery(10, 60, second => [
	answer(sessions),
	answer(
		lockStatistics,
		{locktype: 'tuple', waits: 0, wait_time: 0, fastpath_exceeded: 0, stats_reset: instantAt(-3600)},
		{locktype: 'relation', waits: 40 + second / 2, wait_time: 90_000, fastpath_exceeded: 7, stats_reset: instantAt(-3600)},
	),
]);
const sample = past.at(-1) ?? makeSample(0);

describe('waits for locks', () => {
	const rows = waitsPane.rows(sample, past);

	it('are rows by type, with how many a minute there were of late', () => {
		expect(rows).toMatchObject([
			{section: 'lock', lock: {locktype: 'relation', waits: 70, wait_seconds: 90, waits_per_minute: 30, fastpath_exceeded: 7}},
		]);
	});

	it('have a page that says what they mean', () => {
		const [row] = rows;
		const page = row ? waitsPane.inspect(row, sample, 120, past).map(textOf).join('\n') : '';
		expect(page).toBe(
			[
				'Locks of type relation',
				'  70 waits longer than deadlock_timeout, 1.3s on average, in 1h01.',
				'  7 locks found no fast-path slot: raise max_locks_per_transaction.',
			].join('\n'),
		);
	});

	it('have no rate after a reset', () => {
		const reset = makeSample(
			70,
			answer(sessions),
			answer(lockStatistics, {locktype: 'relation', waits: 2, wait_time: 2500, fastpath_exceeded: 0, stats_reset: instantAt(65)}),
		);
		expect(waitsPane.rows(reset, [...past, reset])).toMatchObject([{lock: {waits: 2, waits_per_minute: null}}]);
	});
});
