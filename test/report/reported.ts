import {join} from 'node:path';
import {openRecording} from '../../source/adapters/record/recordings.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {createReporter} from '../../source/report/index.ts';
import type {Mark, Report} from '../../source/report/report.ts';

/** Report of some samples. */
export const reported = (
	samples: readonly Sample[],
	{
		withLiterals = false,
		damaged = 0,
		marks = [],
	}: {readonly withLiterals?: boolean; readonly damaged?: number; readonly marks?: readonly Mark[]} = {},
): Report => {
	const reporter = createReporter({limits: thresholds, withLiterals});
	for (const mark of marks) reporter.mark(mark);
	for (const sample of samples) reporter.add(sample, samples);
	return reporter.report({damaged});
};

/** Samples of a recording. */
export const recordedSamples = async (name: string): Promise<readonly Sample[]> => {
	const samples: Sample[] = [];
	const {samples: all} = await openRecording(join(import.meta.dirname, '../recordings', `${name}.ndjson`));
	for await (const sample of all) samples.push({...sample, seq: samples.length});
	return samples;
};
