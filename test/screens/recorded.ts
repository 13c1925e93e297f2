import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {createDecoder} from '../../source/core/recording/lines.ts';
import type {Sample} from '../../source/core/sample/sample.ts';

/** Recordings of real servers, made by scripts/record-incidents.ts. */
export const recordingNames = [
	'lock-chain',
	'ddl-queue',
	'runaway-query',
	'all-incidents-13',
	'all-incidents-15',
	'all-incidents-18',
	'plain-role',
	'prepared-transaction',
	'hostile-text',
	'trouble-13',
	'trouble-18',
	'standby',
	'calm',
	'xmin-slot',
	'xmin-prepared',
	'xmin-standby',
	'slot-fills-disk',
	'connections-exhausted',
	'replication-lag',
	'sync-stalled',
	'wraparound-near',
] as const;

export type RecordingName = (typeof recordingNames)[number];

/** The lines of a recording. */
export const linesOf = (name: RecordingName): readonly string[] =>
	readFileSync(join(import.meta.dirname, '../recordings', `${name}.ndjson`), 'utf8')
		.split('\n')
		.filter(line => line !== '');

const cache = new Map<RecordingName, readonly Sample[]>();

/** The samples of a recording, in order; throws an Error for an unreadable line. */
export const samplesOf = (name: RecordingName): readonly Sample[] => {
	const samples = cache.get(name) ?? read(name);
	cache.set(name, samples);
	return samples;
};

const read = (name: RecordingName): readonly Sample[] => {
	const decode = createDecoder();
	return linesOf(name).flatMap((line): Sample[] => {
		const {sample, skipped} = decode(line);
		if (skipped) throw new Error(`A line of ${name} cannot be read.`);
		return sample ? [sample] : [];
	});
};
