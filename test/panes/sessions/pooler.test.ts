import {describe, expect, it} from 'vitest';
import type {Pane} from '../../../source/core/pane/pane.ts';
import {decode} from '../../../source/core/sample/query.ts';
import type {Result, Row, Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import {viewOf} from '../../../source/core/state/view.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {type ConsoleAnswer, missingColumns, poolerConnections, poolerRows} from '../../../source/queries/beside/pgbouncer.ts';
import {played, pressed, stateConnected} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

type Cells = Readonly<Record<string, string>>;

const shown = (...rows: readonly Cells[]): ConsoleAnswer => {
	const columns = [...new Set(rows.flatMap(row => Object.keys(row)))];
	return {columns, rows: rows.map(row => columns.map(name => row[name] ?? null))};
};

const at18 = {type: 'S', user: 'app', database: 'shop', state: 'active', addr: '10.0.0.2', port: '5432', local_addr: '10.0.0.9'};
// Since 1.24 there is one more column in between and two at the end.
const {type, user, database, ...rest18} = at18;
const at24 = {type, user, database, replication: 'none', ...rest18, prepared_statements: '0', id: '7'};

const server = (more: Cells, of: Cells = at18): Cells => ({
	...of,
	local_port: '40001',
	ptr: '0xa',
	link: '',
	remote_pid: '900001',
	...more,
});
const client = (more: Cells): Cells => ({
	type: 'C',
	user: 'checkout',
	database: 'shop',
	state: 'active',
	addr: '10.0.0.7',
	port: '51234',
	ptr: '0xc',
	link: '0xa',
	application_name: 'checkout',
	...more,
});
const noPools = shown();

const rowsOf = (servers: ConsoleAnswer, clients: ConsoleAnswer, pools: ConsoleAnswer = noPools): readonly Row[] =>
	decode(poolerConnections, poolerRows(servers, clients, pools)).rows;

describe('connections of PgBouncer and their clients', () => {
	it.each([
		['1.18', at18],
		['1.24', at24],
	])('are joined by the pointers of PgBouncer %s', (_, of) => {
		const servers = shown(server({link: '0xc'}, of), server({ptr: '0xb', remote_pid: '900002', state: 'idle'}, of));
		expect(rowsOf(servers, shown(client({}), client({ptr: '0xd', link: '', addr: '10.0.0.8'})))).toMatchObject([
			{
				pid: 900_001,
				local_port: 40_001,
				client_addr: '10.0.0.7',
				client_port: 51_234,
				client_application_name: 'checkout',
				client_user: 'checkout',
			},
			{pid: 900_002, state: 'idle', client_addr: null, client_port: null, client_application_name: null},
		]);
	});

	it('are not joined if the link changed between the two answers', () => {
		const [row] = rowsOf(shown(server({link: '0xc'})), shown(client({link: '0xb'})));
		expect(row).toMatchObject({pid: 900_001, client_addr: null});
	});

	it('have no port on a unix socket', () => {
		const [row] = rowsOf(
			shown(server({link: '0xc', addr: 'unix', local_addr: 'unix', local_port: '6432'})),
			shown(client({addr: 'unix(77@0)', port: '6432'})),
		);
		expect(row).toMatchObject({local_port: null, client_addr: 'unix', client_port: null});
	});

	it('have the number of clients waiting for their pool', () => {
		const pools = shown(
			{database: 'shop', user: 'app', cl_waiting: '3', maxwait: '2', maxwait_us: '250000'},
			{database: 'shop', user: 'other', cl_waiting: '9', maxwait: '9', maxwait_us: '0'},
		);
		expect(rowsOf(shown(server({})), shown(), pools)).toMatchObject([{waiting: 3, longest_wait_seconds: 2.25}]);
	});

	it('are left out until PgBouncer knows the server pid', () => {
		expect(rowsOf(shown(server({remote_pid: '0'})), shown())).toEqual([]);
	});

	it('cannot be joined if the console reports no pids', () => {
		const {remote_pid: _, ...old} = server({});
		expect(missingColumns(shown(old))).toEqual(['remote_pid']);
		expect(missingColumns(shown(server({})))).toEqual([]);
	});
});

describe('a session of a PgBouncer connection', () => {
	const pane = registry.panes.find(({id}) => id === 'sessions') as Pane;
	const recorded = samplesOf('lock-chain').at(-1) as Sample;
	const {rows: all} = recorded.results.sessions as Extract<Result, {ok: true}>;
	const active = all.filter(
		({pid, state, backend_type}) =>
			state === 'active' && backend_type === 'client backend' && !recorded.own.includes(pid as number),
	);
	const [one, other] = active as [Row, Row];
	const remote = {...one, client_addr: '10.0.0.9', client_port: 40_001};

	const connection = {
		pid: one.pid as number,
		local_port: 40_001 as number | null,
		state: 'active',
		database: 'shop',
		user: 'app',
		client_addr: '10.0.0.7',
		client_port: 51_234,
		client_application_name: 'checkout',
		client_database: 'shop',
		client_user: 'checkout',
		waiting: 0,
		longest_wait_seconds: 0,
	};
	const sampleWith = (result: Partial<Result>, session: Row = remote): Sample => ({
		...recorded,
		results: {
			...recorded.results,
			sessions: {...(recorded.results.sessions as Extract<Result, {ok: true}>), rows: [session, other]},
			pgbouncer: {ok: true, at: recorded.at, tookMs: 1, rows: [], ...result} as Result,
		},
	});
	const rowOf = (sample: Sample): Row => pane.rows(sample, [sample]).find(({pid}) => pid === one.pid) as Row;
	const pageOf = (sample: Sample): string => pane.inspect(rowOf(sample), sample, 100, [sample]).map(textOf).join('\n');
	const stateOf = (sample: Sample, columns = 200) =>
		played(stateConnected({columns, rows: 50}), [{type: 'sample', sample}]).state;

	it('shows the client behind it, also to filters', () => {
		const sample = sampleWith({rows: [connection]});
		expect(rowOf(sample)).toMatchObject({pooler_client_addr: '10.0.0.7', pooler_application_name: 'checkout'});
		expect(pageOf(sample)).toContain('through PgBouncer from 10.0.0.7:51234 (checkout)');
		const filtered = pressed(stateOf(sample), '/', ...'pool_client=10.0.0.7', 'enter');
		expect(viewOf(registry, filtered).rows.map(({pid}) => pid)).toEqual([one.pid]);
	});

	it('has its columns on the screen only if PgBouncer reports connections', () => {
		const text = (sample: Sample): string => screen(registry, stateOf(sample)).map(textOf).join('\n');
		expect(text(sampleWith({rows: [connection]}))).toContain('POOL CLIENT');
		expect(text(sampleWith({}))).not.toContain('POOL CLIENT');
	});

	it.each([
		['the same pid on another server, by the port', {...connection, local_port: 40_002}, remote],
		['the same pid on another server, by a unix socket', {...connection, local_port: null}, remote],
		['a session whose port is hidden', connection, {...remote, client_port: null}],
		['a session that began later', connection, {...remote, backend_start: '2999-01-01T00:00:00.000000+00:00'}],
	])('is not joined to %s', (_, row, session) => {
		expect(rowOf(sampleWith({rows: [row]}, session))).toMatchObject({pooler_client_addr: null, pooler_application_name: null});
	});

	it('is joined by its pid on a unix socket', () => {
		const local = {
			...connection,
			local_port: null,
			client_addr: 'unix',
			client_port: null as unknown as number,
			client_application_name: '',
		};
		const sample = sampleWith({rows: [local]}, {...remote, client_addr: null, client_port: -1});
		expect(pageOf(sample)).toContain('through PgBouncer from a unix socket.');
	});

	it('has a cleaned client name and a bracketed IPv6 address on its page', () => {
		const hostile = {...connection, client_addr: '2001:db8::7', client_application_name: 'a\u001b[31mb'};
		expect(pageOf(sampleWith({rows: [hostile]}))).toContain('from [2001:db8::7]:51234 (a');
		expect(pageOf(sampleWith({rows: [hostile]}))).not.toContain('\u001b');
	});

	it('is shown without its client if the console cannot be read, with the reason', () => {
		const error = {
			code: 'ECONNREFUSED',
			message: 'The console of PgBouncer at db1:6432 did not answer within 2 s.',
			hint: 'It is tried again by itself; check --pgbouncer.',
		};
		const sample = sampleWith({ok: false, error} as Partial<Result>);
		expect(rowOf(sample)).toMatchObject({pid: one.pid, pooler_client_addr: null});
		const text = screen(registry, stateOf(sample, 80)).map(textOf).join('\n');
		expect(text).toContain('The console of PgBouncer at db1:6432 did not answer within 2 s.');
		expect(text).toContain('again by itself; check --pgbouncer.');
		expect(pageOf(sample)).toContain('did not answer within 2 s');
	});
});
