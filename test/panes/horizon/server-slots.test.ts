import {describe, expect, it} from 'vitest';
import {textOf} from '../../../source/core/text/line.ts';
import {xminHorizon} from '../../../source/findings/rules/storage/xmin-horizon.ts';
import {holdersOf} from '../../../source/panes/horizon/holders.ts';
import {replicationPane} from '../../../source/panes/replication/replication.ts';
import {horizon, type XminHolder} from '../../../source/queries/activity/horizon.ts';
import {type Slot, slots} from '../../../source/queries/replication/replication.ts';
import {facts, pulse} from '../../../source/queries/server/server.ts';
import {answer, findingsOf, makeSample} from '../../findings/samples.ts';
import {sessionAnswers, sessionRow} from '../../findings/session-rows.ts';

const server = [answer(facts, {database: 'shop'}), answer(pulse, {next_xid: 900_000_000})];
const held = (holder: Partial<XminHolder>) => makeSample(0, ...server, answer(horizon, holder));

const pageOf = (slot: Partial<Slot>): string => {
	const sample = makeSample(0, ...server, answer(slots, slot));
	const row = replicationPane.rows(sample, [sample]).find(({section}) => section === 'slot') ?? expect.fail();
	return replicationPane.inspect(row, sample, 200, [sample]).map(textOf).join('\n');
};

describe('the slot for the detection of conflicts', () => {
	const holder = {kind: 'physical slot', name: 'pg_conflict_detection', xmin: '100', active: true, active_pid: 7};

	it('leads to its subscriptions and not to a standby', () => {
		for (const active of [true, false]) {
			const [{remedy} = {remedy: ''}] = holdersOf(held({...holder, active}));
			expect(remedy).toBe('Let its subscriptions catch up, or ALTER SUBSCRIPTION ... SET (max_retention_duration = ...).');
		}
		expect(findingsOf(xminHorizon, held(holder))).toMatchObject([{action: expect.stringMatching(/ALTER SUBSCRIPTION/)}]);
	});

	it('is not said to be unused', () => {
		const page = pageOf({slot_name: 'pg_conflict_detection', slot_type: 'physical', active: true});
		expect(page).toContain('to detect conflicts for subscriptions with retain_dead_tuples');
		expect(page).not.toContain('never used');
		expect(pageOf({slot_name: 'standby_berlin', slot_type: 'physical'})).toContain('never used');
	});
});

describe('the slot of a REPACK', () => {
	const holder = {kind: 'logical slot', name: 'pg_repack_4711', catalog_xmin: '100', active: true, active_pid: 4711};

	it('leads to the REPACK and not to a consumer', () => {
		const remedyOf = (backend_type: string | null) => {
			const user = sessionRow(4711, {backend_type, leader_pid: 4710});
			return holdersOf(makeSample(0, ...server, answer(horizon, holder), ...sessionAnswers(user)))[0]?.remedy;
		};
		expect(remedyOf('REPACK decoding worker')).toBe('A REPACK (CONCURRENTLY) uses it: let it finish, or cancel it (C).');
		expect(remedyOf('walsender')).toContain('Let its consumer catch up');
		expect(remedyOf(null)).toContain('Let its consumer catch up');
	});

	it('says so on its page', () => {
		expect(pageOf({slot_name: 'pg_repack_4711', slot_type: 'logical', plugin: 'pgrepack', active: true})).toContain(
			'A REPACK (CONCURRENTLY) reads',
		);
	});
});

it('a slot that a synchronization left as it was says why', () => {
	const page = pageOf({slot_name: 'failover', slot_type: 'logical', synced: true, slotsync_skip_reason: 'wal_not_flushed'});
	expect(page).toContain(
		'was skipped (this standby had not flushed WAL up to its position): do not rely on it for a failover yet.',
	);
});
