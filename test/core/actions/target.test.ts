import {describe, expect, it} from 'vitest';
import {confirmationLines} from '../../../source/core/actions/flow/dialog.ts';
import {cautionsOf, risksOf} from '../../../source/core/actions/risks.ts';
import {type Signal, signalStatement} from '../../../source/core/actions/signal.ts';
import {signalQuestion} from '../../../source/core/actions/signal-question.ts';
import {leftOutOf, nameOf, refusalOf, type Target} from '../../../source/core/actions/target.ts';
import type {Waiter} from '../../../source/core/locks/forecast.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';

const at = '2026-11-22T14:30:00.000000+00:00';
const ask = (signal: Signal, target: Target, roleChanged = false) =>
	signalQuestion(signal, [target], {askedAt: at, openedBy: 'K', roleChanged});
const plain: Target = {
	pid: 4711,
	backend_start: '2026-11-22T14:00:00.000000+00:00',
	backend_type: 'client backend',
	query_start: '2026-11-22T14:29:55.000000+00:00',
	xact_start: '2026-11-22T14:29:00.000000+00:00',
	usename: 'shop',
	superuser: false,
	datname: 'app',
	application_name: 'checkout',
	client_addr: '10.0.0.7',
	state: 'active',
	wait_event: null,
	query: 'select 1',
	blocks: 0,
	waiters: () => [],
	own: false,
};

describe('a signal is refused', () => {
	it.each<readonly [string, 'cancel' | 'terminate' | 'both', Partial<Target>, RegExp]>([
		['to an own connection', 'both', {own: true}, /pgtriage's own connection/],
		['without the start of the backend', 'both', {backend_start: null}, /cannot be identified: this role lacks the privileges/],
		['without the type of the backend', 'both', {backend_type: null}, /cannot be identified: this role lacks the privileges/],
		['to the checkpointer', 'both', {backend_type: 'checkpointer'}, /is the checkpointer/],
		['to the walwriter', 'both', {backend_type: 'walwriter'}, /serves the whole server/],
		['to the startup process', 'both', {backend_type: 'startup'}, /serves the whole server/],
		['to the autovacuum launcher', 'both', {backend_type: 'autovacuum launcher'}, /serves the whole server/],
		['to the logical replication launcher', 'both', {backend_type: 'logical replication launcher'}, /serves the whole server/],
		['to an unknown kind of backend', 'both', {backend_type: 'io worker'}, /serves the whole server/],
		['as a cancel of an idle session', 'cancel', {state: 'idle'}, /is idle: no statement to cancel; K terminates/],
		['as a cancel of a session idle in transaction', 'cancel', {state: 'idle in transaction'}, /no statement to cancel/],
		['as a cancel with an unknown state', 'cancel', {state: null}, /no statement to cancel/],
		['as a cancel of a fastpath call', 'cancel', {state: 'fastpath function call'}, /no statement to cancel/],
		['as a cancel without track_activities', 'cancel', {state: 'disabled'}, /no statement to cancel/],
	])('%s', (_, which, changes, why) => {
		const target = {...plain, ...changes};
		if (which !== 'terminate') expect(refusalOf('cancel', target)).toMatch(why);
		if (which === 'both') expect(refusalOf('terminate', target)).toMatch(why);
		if (which === 'cancel') expect(refusalOf('terminate', target)).toBeUndefined();
	});

	it.each<readonly [string, Partial<Target>]>([
		['a running client', {}],
		['an autovacuum worker', {backend_type: 'autovacuum worker', usename: null}],
		['a walsender', {backend_type: 'walsender', state: 'active'}],
		['the decoding worker of a REPACK', {backend_type: 'REPACK decoding worker', state: 'active'}],
	])('not to %s', (_, changes) => {
		expect(refusalOf('cancel', {...plain, ...changes})).toBeUndefined();
		expect(refusalOf('terminate', {...plain, ...changes})).toBeUndefined();
	});
});

describe('the sessions that a signal unblocks', () => {
	const waiter = (
		pid: number,
		holders: readonly number[],
		ahead: readonly number[] = [],
		changes: Partial<Waiter> = {},
	): Waiter => ({
		pid,
		blockedBy: () => [...holders, ...ahead],
		queuedBehind: () => ahead,
		blockedNextBy: () => [],
		proceeds: true,
		...changes,
	});
	const unblocks = (signal: Signal, target: Target): string | undefined =>
		ask(signal, target).facts.find(({label}) => label === 'unblocks')?.text;
	const queue = [waiter(20, [4711]), waiter(31, [], [20]), waiter(32, [4711], [20])];

	it.each<readonly [string, Signal, readonly Waiter[], string | undefined]>([
		['nobody behind it', 'terminate', [], undefined],
		['a queue behind the first waiter', 'terminate', queue, '20 now, 2 more after it'],
		['a waiter that only queues behind it', 'terminate', [waiter(31, [], [4711])], '31 now'],
		['a waiter of another holder', 'terminate', [waiter(31, [9, 4711])], 'none; 1 session stays blocked by others'],
		['a waiter of a prepared transaction', 'terminate', [waiter(31, [0, 4711])], 'none; 1 session stays blocked by others'],
		[
			'the next waiters for a row that another session changed',
			'terminate',
			[waiter(31, [4711], [], {blockedNextBy: () => [9]}), waiter(32, [4711], [31], {blockedNextBy: () => [9]})],
			'none; 2 sessions stay blocked by others',
		],
		['an index that is built concurrently', 'terminate', [waiter(31, [4711], [], {proceeds: false})], '31 perhaps'],
		['a cancel in a transaction, which may keep its locks', 'cancel', queue, '20 perhaps, 2 more after it'],
		['a cancel of a waiter', 'cancel', [waiter(31, [], [4711]), waiter(32, [4711])], '31 now, 32 perhaps'],
	])('are those of %s', (_, signal, waiters, text) => {
		expect(unblocks(signal, {...plain, waiters: () => waiters})).toBe(text);
	});

	it('are certain for a canceled statement that is its whole transaction', () => {
		expect(unblocks('cancel', {...plain, xact_start: plain.query_start, waiters: () => queue})).toBe('20 now, 2 more after it');
	});

	it('are counted once for several targets', () => {
		const waiters = [waiter(31, [4711, 4712]), waiter(32, [4711], [31])];
		const {facts} = signalQuestion(
			'terminate',
			[
				{...plain, waiters: () => waiters},
				{...plain, pid: 4712, waiters: () => waiters},
			],
			{
				askedAt: at,
				openedBy: 'K',
				roleChanged: false,
			},
		);
		expect(facts.find(({label}) => label === 'unblocks')?.text).toBe('31 now, 1 more after it');
	});
});

describe('a typed word is needed', () => {
	const cases: readonly (readonly [string, Partial<Target>, RegExp])[] = [
		['for a walsender', {backend_type: 'walsender', application_name: 'standby1'}, /standby or consumer standby1 at 10\.0\.0\.7/],
		[
			'for autovacuum to prevent wraparound',
			{backend_type: 'autovacuum worker', query: 'autovacuum: VACUUM t (to prevent wraparound)'},
			/wraparound/,
		],
		[
			'for autovacuum that its progress reports as against wraparound',
			{
				backend_type: 'autovacuum worker',
				query: null,
				vacuum: {mode: 'aggressive', started_by: 'autovacuum_wraparound'},
			},
			/^This autovacuum prevents transaction ID wraparound/,
		],
		[
			'for a VACUUM in failsafe mode, also a manual one',
			{query: 'vacuum t', vacuum: {mode: 'failsafe', started_by: 'manual'}},
			/^It is a VACUUM in failsafe mode: transaction ID wraparound is near, and it must finish\.$/,
		],
		['for COPY', {query: 'COPY public.t (a) TO stdout'}, /dump or a backup/],
		['for a base backup', {query: 'BASE_BACKUP'}, /dump or a backup/],
		['for pg_dump by its application name', {application_name: 'pg_dump'}, /dump or a backup/],
	];

	it.each(cases)('%s', (_, changes, why) => {
		const target = {...plain, ...changes};
		expect(risksOf(target)).toEqual([expect.stringMatching(why)]);
		expect(ask('terminate', target)).toMatchObject({word: 'terminate'});
		expect(ask('cancel', target)).toMatchObject({word: 'cancel'});
	});

	it('after the server changed its role', () => {
		expect(ask('cancel', plain, true)).toMatchObject({
			word: 'cancel',
			risks: [expect.stringContaining('changed its role')],
		});
	});

	it.each<readonly [string, Partial<Target>]>([
		['for a client without risks', {}],
		['for a superuser', {superuser: true, usename: 'postgres'}],
		['while superusers are unknown', {superuser: null}],
		["for a statement that only mentions a dump's", {query: "select 'copy t'"}],
		['for a table that begins like a command', {query: 'select * from copy_log'}],
		['without a statement', {query: null, application_name: null}],
		['for VACUUM that somebody runs by hand', {query: 'vacuum t', vacuum: {mode: 'normal', started_by: 'manual'}}],
		['for a client that mentions wraparound', {query: 'select 1 -- to prevent wraparound'}],
	])('not %s', (_, changes) => {
		expect(risksOf({...plain, ...changes})).toEqual([]);
		expect(ask('terminate', {...plain, ...changes}).word).toBeUndefined();
	});
});

describe('a caution without a typed word', () => {
	const cases: readonly (readonly [string, Partial<Target>, RegExp])[] = [
		['autovacuum', {backend_type: 'autovacuum worker', query: 'autovacuum: VACUUM t'}, /^Autovacuum restarts it/],
		['VACUUM', {query: 'VACUUM (analyze) t'}, /maintenance/],
		['CREATE INDEX CONCURRENTLY', {query: ' create unique index concurrently i on t (a)'}, /invalid index/],
		['REINDEX', {query: 'reindex table concurrently t'}, /maintenance/],
		['CLUSTER', {query: 'cluster t'}, /maintenance/],
		['REPACK', {query: 'REPACK (CONCURRENTLY) t'}, /maintenance/],
		['REFRESH MATERIALIZED VIEW', {query: 'refresh materialized view v'}, /maintenance/],
		['a commit that waits for a standby', {wait_event: 'SyncRep'}, /committed here and waits for a standby/],
	];

	it.each(cases)('is shown for %s', (_, changes, why) => {
		const target = {...plain, ...changes};
		for (const signal of ['cancel', 'terminate'] as const) {
			expect(ask(signal, target)).toMatchObject({cautions: [expect.stringMatching(why)], word: undefined});
			const text = confirmationLines(ask(signal, target), 120, 7).map(textOf);
			expect(text).toContainEqual(expect.stringMatching(why));
		}
	});

	it.each<readonly [string, Partial<Target>]>([
		['maintenance that is over', {state: 'idle', query: 'vacuum t'}],
		['a statement that only mentions maintenance', {query: "select 'vacuum'"}],
	])('is not shown for %s', (_, changes) => {
		expect(cautionsOf('terminate', {...plain, ...changes})).toEqual([]);
	});
});

describe('a signal to several sessions', () => {
	const minutesAgo = (minutes: number): string => new Date(Date.parse(at) - minutes * 60_000).toISOString();
	const several = (...changes: readonly Partial<Target>[]): readonly Target[] =>
		changes.map((changed, index) => ({...plain, pid: 100 + index, ...changed}));
	const asked = (targets: readonly Target[], signal: Signal = 'terminate') =>
		signalQuestion(signal, targets, {askedAt: at, openedBy: 'K', roleChanged: false});
	const factOf = (targets: readonly Target[], label: string): string | undefined =>
		asked(targets).facts.find(each => each.label === label)?.text;

	it.each<readonly [string, Partial<Target>, string]>([
		['a wal sender', {backend_type: 'walsender'}, 'wal sender'],
		['autovacuum', {backend_type: 'autovacuum worker', usename: null, superuser: false}, 'autovacuum'],
		["a superuser's session", {superuser: true}, 'superuser'],
		['a session whose role is not known yet', {superuser: null}, 'not known yet if superuser'],
		["pgtriage's own connection", {own: true}, "pgtriage's own"],
		['a background process', {backend_type: 'checkpointer'}, 'checkpointer, serves the whole server'],
	])('leaves out %s and says so', (_, changes, reason) => {
		expect(leftOutOf('terminate', {...plain, ...changes})).toBe(reason);
		const question = asked(several({}, changes, {}));
		expect(question).toMatchObject({title: 'Terminate 2 sessions?', word: '2'});
		expect(question.facts.find(({label}) => label === 'left out')?.text).toBe(`1 ${reason} (101)`);
	});

	it('counts them by application, state and age', () => {
		const targets = several(
			{application_name: 'worker', state: 'idle in transaction', xact_start: minutesAgo(130)},
			{application_name: 'checkout', xact_start: null, query_start: minutesAgo(0.1)},
			{application_name: 'checkout', xact_start: minutesAgo(3)},
			{application_name: 'checkout', xact_start: minutesAgo(4)},
			{application_name: null, xact_start: null, query_start: null},
		);
		expect(factOf(targets, 'by app')).toBe('3 checkout, 1 ?, 1 worker');
		expect(factOf(targets, 'by state')).toBe('4 active, 1 idle in transaction');
		expect(factOf(targets, 'by age')).toBe('over 1h: 1, 1m to 10m: 2, under 10s: 1, unknown: 1; oldest 2h10');
		expect(factOf(targets, 'pids')).toBe('100, 101, 102, 103, 104');
	});

	it('names the pids of a few that are left out, and counts many', () => {
		const idle = Array.from({length: 18}, () => ({state: 'idle'}));
		const {facts} = asked(several({}, ...idle), 'cancel');
		expect(facts.find(({label}) => label === 'left out')?.text).toBe('18 idle, no statement to cancel');
	});
});

describe('a question', () => {
	const linesOf = (changes: Partial<Target>, width = 70): readonly string[] =>
		confirmationLines(ask('terminate', {...plain, ...changes}), width, 40).map(textOf);

	it('shows all facts of the session', () => {
		const text = linesOf({
			blocks: 3,
			state: 'idle in transaction',
			wait_event: 'ClientRead',
			query: '\n\n  update t\n  set a = 1',
		}).join('\n');
		for (const part of [
			'session 4711',
			'shop@app, client backend',
			'checkout from 10.0.0.7',
			'state idle in transaction, waits for ClientRead',
			'xact open for 1m00',
			'started 5.0s ago',
			'last ran   update t',
			'blocks 3 sessions',
			'pg_terminate_backend(a.pid)',
			'[y] terminate',
		])
			expect(text.replaceAll(/\s+/g, ' ')).toContain(part.replaceAll(/\s+/g, ' '));
	});

	it.each([
		['blank ends', 'shop ', '"shop "'],
		['nothing', '', '""'],
		['bidirectional text', 'a\u202eb', '"a\\u202eb"'],
		['a quote', 'a"b', '"a"b"'],
		['a plain name', 'shop', 'shop@'],
	])('quotes a name with %s so that look-alikes differ', (_, usename, shown) => {
		expect(linesOf({usename})[2]).toContain(shown);
	});

	it.each([26, 32, 40, 76, 96])('stays within %i cells', width => {
		const target = {...plain, query: '漢字'.repeat(200), usename: 'x'.repeat(63), application_name: 'pg_dump', blocks: 1};
		for (const each of [target, {...target, application_name: 'app'}])
			for (const line of confirmationLines(ask('terminate', each), width, 40)) expect(lineWidth(line)).toBeLessThanOrEqual(width);
	});

	it('shows the typed part of the word and the missing one', () => {
		const question = {...ask('cancel', {...plain, application_name: 'pg_dump'}), input: 'can'};
		expect(confirmationLines(question, 44, 40).map(textOf).slice(-2)).toEqual([
			'Type "cancel" + Enter to confirm. Esc: abort',
			'can___',
		]);
	});
});

describe('a target in words', () => {
	it('has a name', () => {
		expect(nameOf(plain)).toBe('4711 (shop@app)');
		expect(nameOf({...plain, usename: null, datname: null})).toBe('4711 (?@?)');
	});
});

describe('the SQL of a signal', () => {
	it('identifies the backend by pid, start and type', () => {
		const flat = (signal: 'cancel' | 'terminate'): string => signalStatement(signal).replaceAll(/\s+/g, ' ');
		const found = 'from pg_catalog.pg_stat_get_activity($1) a where a.backend_start = $2::timestamptz and a.backend_type = $3';
		expect(flat('terminate')).toBe(`select pg_catalog.pg_terminate_backend(a.pid) ${found}`);
		expect(flat('cancel')).toBe(
			`select pg_catalog.pg_cancel_backend(a.pid) ${found} and a.query_start = $4::timestamptz and a.state = 'active'`,
		);
	});

	it('leaves room for the session and the answer on the smallest screen', () => {
		const long = {...plain, application_name: 'pg_dump', query: `select '${'x'.repeat(4000)}'`};
		for (const height of [6, 8, 12, 22]) {
			const lines = confirmationLines(ask('terminate', long), 74, height).map(textOf);
			expect(lines.length).toBeLessThanOrEqual(Math.max(height, 6));
			expect(lines[0]).toContain(`Terminate session ${plain.pid}?`);
			expect(lines.some(text => text.startsWith('session'))).toBe(true);
			expect(lines.slice(-2)).toEqual(['Type "terminate" + Enter to confirm. Esc: abort', '_________']);
		}
	});
});
