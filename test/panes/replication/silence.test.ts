import {expect, it} from 'vitest';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {replicationPane} from '../../../source/panes/replication/replication.ts';
import {samplesOf} from '../../screens/recorded.ts';

const recorded = samplesOf('standby').findLast(({results}) => results.standby?.ok && results.standby.rows.length > 0);

/** Tone and inspect page of a receiver after a number of seconds without a message. */
const receiverAfter = (seconds: number): {readonly tone: string | undefined; readonly page: string} => {
	if (!recorded?.results.standby?.ok) throw new Error('The recording has no standby.');
	const {standby} = recorded.results;
	const rows = standby.rows.map(
		(row): Row => ({...row, receiver_pid: 7, status: 'streaming', last_msg_receipt_time: laterBy(standby.at, -seconds * 1000)}),
	);
	const sample: Sample = {...recorded, at: standby.at, results: {...recorded.results, standby: {...standby, rows}}};
	const row = replicationPane.rows(sample, [sample]).find(({section}) => section === 'receiver') ?? expect.fail();
	const column = replicationPane.columns.find(({id}) => id === 'last_msg_seconds');
	return {
		tone: column?.tone(column.value(row, sample.at), row),
		page: replicationPane.inspect(row, sample, 200, [sample]).map(textOf).join('\n'),
	};
};

it('silence of an idle primary within its 30 seconds is calm', () => {
	const quiet = receiverAfter(31);
	expect(quiet.tone).toBe('calm');
	expect(quiet.page).not.toContain('No message');
});

it('longer silence of a primary is a warning, then danger', () => {
	const dead = receiverAfter(45);
	expect(dead.tone).toBe('warn');
	expect(dead.page).toContain('No message for 45s');
	expect(receiverAfter(61).tone).toBe('danger');
});
