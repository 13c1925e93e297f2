import {describe, expect, it} from 'vitest';
import {createActor} from '../../../source/adapters/act/actor.ts';
import type {AuditEntry} from '../../../source/adapters/act/audit.ts';
import type {MaintenanceResult} from '../../../source/core/actions/maintenance.ts';
import type {KnownTarget} from '../../../source/core/actions/target.ts';
import type {JournalEntry} from '../../../source/core/sample/journal.ts';
import type {Failure} from '../../../source/core/sample/sample.ts';
import type {Message} from '../../../source/core/state/message.ts';

const relation = {database: 'shop', oid: 4711, kind: 'table', name: 'public.orders'} as const;
const done: MaintenanceResult = {
	outcome: 'done',
	removed: 0,
	kept: 0,
	warnings: [],
	leftovers: [],
	failure: undefined,
	tookMs: 1,
};
const diskFull: Failure = {code: 'no_audit', message: 'The audit file audit.ndjson cannot be written (ENOSPC).'};

/** An actor whose audit writes its entries when `letWrite` is called; `reached` lists what reached the server. */
const slowActor = (answer: (entry: AuditEntry) => Failure | undefined = () => undefined) => {
	const written: AuditEntry[] = [];
	const notes: JournalEntry[] = [];
	const messages: Message[] = [];
	const reached: string[] = [];
	const waiting: (() => void)[] = [];
	const actor = createActor({
		signaller: {
			send: async signal => {
				reached.push(signal);
				return {outcome: 'sent'};
			},
		},
		maintainer: {
			begin: maintenance => {
				reached.push(maintenance);
				return {cancel: () => {}, ended: Promise.resolve(done)};
			},
		},
		admin: {
			run: async ({kind}) => {
				reached.push(kind);
				return {outcome: 'done', failure: undefined};
			},
		},
		explainer: {explain: async () => expect.fail('nothing is planned'), pids: () => []},
		audit: {
			write: entry =>
				new Promise(resolve =>
					waiting.push(() => {
						written.push(entry);
						resolve(answer(entry));
					}),
				),
		},
		note: entry => void notes.push(entry),
	});
	const letWrite = async (): Promise<void> => {
		for (const go of waiting.splice(0)) go();
		await new Promise(resolve => setImmediate(resolve));
	};
	return {actor, written, notes, messages, reached, letWrite, dispatch: (message: Message) => void messages.push(message)};
};

describe('a confirmed action', () => {
	it('can be stopped while its audit entry is being written', async () => {
		const {actor, written, messages, reached, letWrite, dispatch} = slowActor();
		actor.perform({type: 'maintain', maintenance: 'vacuum', relation}, dispatch);
		actor.perform({type: 'stop'}, dispatch);
		await letWrite();
		expect(reached).toEqual([]);
		expect(messages).toMatchObject([{type: 'maintenance-ended', result: {outcome: 'cancelled'}}]);
		await letWrite();
		expect(written.map(({event, outcome}) => [event, outcome])).toEqual([
			['before', null],
			['after', 'cancelled before it was begun'],
		]);
		actor.perform({type: 'maintain', maintenance: 'vacuum', relation}, dispatch);
		await letWrite();
		expect(reached).toEqual(['vacuum']);
	});

	it('is not started once the actor stops, which waits for the audit', async () => {
		const {actor, written, reached, letWrite, dispatch} = slowActor();
		actor.perform({type: 'maintain', maintenance: 'vacuum', relation}, dispatch);
		actor.perform({type: 'admin', command: {kind: 'reload'}}, dispatch);
		actor.perform({type: 'signal', signal: 'terminate', target: {pid: 1} as KnownTarget}, dispatch);
		let left = false;
		const leaving = actor.stop().then(() => {
			left = true;
		});
		await letWrite();
		expect(left).toBe(false);
		await letWrite();
		await leaving;
		expect(reached).toEqual([]);
		expect(written.filter(({event}) => event === 'after')).toHaveLength(3);
	});

	it('is in the journal if its second audit entry cannot be written', async () => {
		const {actor, notes, messages, letWrite, dispatch} = slowActor(({event}) => (event === 'after' ? diskFull : undefined));
		actor.perform({type: 'admin', command: {kind: 'reload'}}, dispatch);
		await letWrite();
		await letWrite();
		expect(messages).toMatchObject([{type: 'admin-done', result: {outcome: 'done'}}]);
		expect(notes.map(({target, outcome}) => [target, outcome])).toContainEqual([
			'the audit of reload',
			expect.stringMatching(/^not written: .*ENOSPC/),
		]);
	});
});
