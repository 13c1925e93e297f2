import {describe, expect, it} from 'vitest';
import {rootBlocker} from '../../../../source/findings/rules/locks/root-blocker.ts';
import {locks} from '../../../../source/queries/locks.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
import {at, found, read, readAt, sampleAt} from '../../given.ts';
import {awaits, holds, idle, locked, masked, people, session} from '../../people.ts';

const write = {mode: 'RowExclusiveLock'};

/** What is found of a session that so many others wait for, each so many seconds. */
const blocking = (root: Partial<Session>, waiters: number, seconds: number) => {
	const pids = Array.from({length: waiters}, (_, index) => 20 + index);
	return found(
		rootBlocker,
		sampleAt(
			0,
			...people(root, ...pids.map(pid => session(pid))),
			locked(holds(11), ...pids.map(pid => awaits(pid, seconds, write))),
		),
	);
};

describe('a session that others wait for', () => {
	it('is a warning once they have waited two seconds together, and critical from five sessions or a minute on', () => {
		const root = idle(11, 60);
		expect(blocking(root, 1, 1.9)).toEqual([]);
		expect(blocking(root, 2, 1)).toMatchObject([
			{
				severity: 'warning',
				pid: 11,
				summary: '11 (app@shop) blocks 2 sessions, 2.0s of waiting in all.',
				evidence: 'It holds AccessExclusiveLock on public.t1, idle in transaction for 1m00, its transaction open for 1m00.',
				leads: {pane: 'sessions', identity: `11@${at(-900)}`},
				action: 'K ends the session, which rolls its transaction back.',
			},
		]);
		expect(blocking(root, 5, 1)[0]?.severity).toBe('critical');
		expect(blocking(root, 1, 60)[0]?.severity).toBe('critical');
	});

	it('is named by what it is where it is no client', () => {
		const worker = {backend_type: 'autovacuum worker', usename: null, usesysid: null} as const;
		expect(blocking(session(11, worker), 1, 5)[0]).toMatchObject({
			summary: '11 (autovacuum worker@shop) blocks 1 session, 5.0s of waiting in all.',
			action: 'C cancels it; it comes again.',
		});
		const query = 'autovacuum: VACUUM public.t1 (to prevent wraparound)';
		expect(blocking(session(11, {...worker, query}), 1, 5)[0]?.action).toMatch(/^It prevents wraparound/);
		const sender = session(11, {backend_type: 'walsender', application_name: 'berlin'});
		expect(blocking(sender, 1, 5)[0]).toMatchObject({
			summary: expect.stringMatching(/^11 \(app@shop, berlin\)/),
			action: 'K ends it; its consumer has to connect again.',
		});
	});

	it('is told with what our role may see of it, and no key that could not act', () => {
		expect(blocking(masked(11), 1, 5)[0]).toMatchObject({
			summary: '11 (app@shop) blocks 1 session, 5.0s of waiting in all.',
			evidence: 'It holds AccessExclusiveLock on public.t1, state unknown.',
			action: 'This role may not see enough of it to end it: GRANT pg_monitor to it.',
		});
	});

	it('is told also where it is a connection of ours', () => {
		const sample = {...sampleAt(0, ...people(session(11), session(20)), locked(holds(11), awaits(20, 5))), own: [11]};
		expect(found(rootBlocker, sample)).toMatchObject([
			{summary: 'pgtriage itself (11) blocks 1 session, 5.0s of waiting in all.', leads: {pane: 'log', identity: null}},
		]);
	});

	it('is not blamed where another has its pid by now, or it ended its transaction since the locks were read', () => {
		const old = readAt(-5, locked(holds(11), awaits(20, 9)));
		const heir = session(11, {backend_start: at(-1)});
		expect(found(rootBlocker, sampleAt(0, ...people(heir, session(20)), old))[0]?.summary).toMatch(/^Session 11 blocks/);
		const done = session(11, {state: 'idle', state_change: at(-1)});
		expect(found(rootBlocker, sampleAt(0, ...people(done, session(20)), old))).toEqual([]);
	});

	it('has its waiters counted as of when the locks were read', () => {
		const of = (seconds: number) =>
			found(rootBlocker, sampleAt(0, ...people(session(11), session(20)), readAt(-30, locked(holds(11), awaits(20, seconds)))));
		expect(of(31)).toEqual([]);
		expect(of(33)[0]?.summary).toContain('3.0s of waiting');
	});
});

describe('several that others wait for', () => {
	it('are told one by one, the one with the most behind it first', () => {
		const rows = [
			...[holds(11), awaits(20, 5)],
			...[holds(12, {relation: 2}), awaits(21, 5, {relation: 2}), awaits(22, 5, {relation: 2, ...write})],
		];
		const who = [11, 12, 20, 21, 22].map(pid => session(pid));
		expect(found(rootBlocker, sampleAt(0, ...people(...who), locked(...rows))).map(({pid}) => pid)).toEqual([12, 11]);
	});

	it('are named with the one that is told where the same sessions wait for all of them', () => {
		const share = {mode: 'ShareLock'};
		const with2 = (...others: readonly number[]) =>
			found(
				rootBlocker,
				sampleAt(
					0,
					...people(session(11), ...others.map(pid => session(pid)), session(30)),
					locked(holds(11, share), ...others.map(pid => holds(pid, share)), awaits(30, 5, write)),
				),
			);
		expect(with2()[0]?.evidence).not.toContain('as well');
		expect(with2(12)).toMatchObject([{pid: 11, evidence: expect.stringMatching(/[.] 12 holds them up as well[.]$/)}]);
		expect(with2(12, 13, 14, 15)[0]?.evidence).toMatch(/[.] 12, 13, 14 and 1 more hold them up as well[.]$/);
	});

	it('in a chain are told by its end alone', () => {
		const rows = Array.from({length: 10}, (_, index) => [
			holds(11 + index, {relation: index + 1}),
			awaits(12 + index, 5, {relation: index + 1}),
		]).flat();
		const who = Array.from({length: 11}, (_, index) => session(11 + index));
		expect(found(rootBlocker, sampleAt(0, ...people(...who), locked(...rows)))).toMatchObject([
			{pid: 11, severity: 'critical', weight: 10},
		]);
	});
});

it('a relation of another database is told with the name of that database', () => {
	const elsewhere = {relation_name: null, database: 5, relation: 1};
	const rows = [
		{...holds(11), ...elsewhere},
		{...awaits(20, 5), ...elsewhere},
	];
	expect(found(rootBlocker, sampleAt(0, ...people(session(11), session(20)), read(locks, ...rows)))[0]?.evidence).toMatch(
		/^It holds AccessExclusiveLock on shop:1, /,
	);
});

describe('a prepared transaction that others wait for', () => {
	it('is told by its name, and leads to where it can be rolled back', () => {
		const of = locked(holds(0, {gid: 'payout-2291'}), awaits(20, 5));
		expect(found(rootBlocker, sampleAt(0, ...people(session(20)), of))).toMatchObject([
			{
				subject: 'prepared payout-2291',
				pid: null,
				summary: "The prepared transaction 'payout-2291' blocks 1 session, 5.0s of waiting in all.",
				leads: {pane: 'locks', identity: 'prepared payout-2291'},
				action: 'F9 offers ROLLBACK PREPARED.',
			},
		]);
	});
});

it('nobody is found where nobody waits', () => {
	expect(found(rootBlocker, sampleAt(0, ...people(idle(11, 900)), locked(holds(11))))).toEqual([]);
});
