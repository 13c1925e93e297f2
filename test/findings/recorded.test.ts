import {join} from 'node:path';
import {expect, it} from 'vitest';
import {openRecording} from '../../source/adapters/record/recordings.ts';
import {findingsBy} from '../../source/core/pane/finding.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import {rules} from '../../source/findings/index.ts';
import {thresholds} from '../../source/findings/thresholds.ts';

const findings = findingsBy(rules.map(({find}) => ({find: (sample, past) => find(sample, past, thresholds)})));

// Recordings of a real server during each incident; a rate is known from the second sample on.
it.each([
	['xmin-prepared', 'xmin-horizon', "Prepared transaction 'payout-2291' in shop"],
	['xmin-slot', 'xmin-horizon', 'Inactive physical slot standby_berlin'],
	['xmin-standby', 'xmin-horizon', 'Standby berlin'],
	['slot-fills-disk', 'slot-retains-wal', 'Unused physical slot warehouse_feed'],
	['replication-lag', 'standby-lag', 'berlin'],
	['wraparound-near', 'wraparound', '44.2M XIDs left before shutdown (shop +4): slot standby_berlin holds xmin.'],
])('the culprit of %s is named within one refresh by the rule %s', async (recording, rule, culprit) => {
	const samples: Sample[] = [];
	for await (const sample of (await openRecording(join(import.meta.dirname, `../recordings/${recording}.ndjson`))).samples)
		samples.push(sample);
	const second = samples[1] as Sample;
	const [first] = findings(second, samples.slice(0, 2));
	expect(first?.rule).toBe(rule);
	expect(first?.severity).not.toBe('notice');
	expect(first?.summary.startsWith(culprit), first?.summary).toBe(true);
});
