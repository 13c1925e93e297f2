import {above, age, amount, count, flag, text} from '../../core/pane/column.ts';
import {definePane} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {line, wrap} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {milliseconds} from '../../core/values/units.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {poolerClients, poolerPools, poolers} from '../../queries/beside/pgbouncer.ts';
import {rowsOf} from '../reading/answers.ts';
import {defineSection, remarksOf, type SectionRow, sectionColumn, sectionsOf, warning} from '../reading/sections.ts';
import {haltedOf, poolerRefOf, unreadConsoles} from './pools.ts';
import {type ClientRow, clientRowsOf, type PoolRow, poolRowsOf} from './rows.ts';

type Row = Pick<PoolRow | ClientRow, 'section' | 'bouncer' | 'database' | 'user' | 'maxwait_seconds'>;

const shared = {
	bouncer: text<Row>('bouncer', 'Address of the console of PgBouncer.', row => row.bouncer, {
		keep: 60,
		merge: 'bouncer',
		width: {min: 12, max: 24},
	}),
	database: text<Row>('database', 'Database as PgBouncer names it.', row => row.database, {aliases: ['datname', 'db'], keep: 99}),
	user: text<Row>('user', 'Role of the pool; empty for a database without a pool.', row => row.user, {
		aliases: ['usename'],
		keep: 96,
	}),
	wait: age<Row>(
		'maxwait_seconds',
		'Time that the client at the head of the queue has waited for a server; for a client, its own wait.',
		row => row.maxwait_seconds,
		{title: 'WAIT', aliases: ['maxwait', 'wait_seconds'], keep: 94, stays: true, tone: above(1, 15)},
	),
};

const poolSection = defineSection<PoolRow>({
	id: 'pool',
	title: 'Pools',
	rows: poolRowsOf,
	name: ({bouncer, database, user}) => JSON.stringify([bouncer, database, user]),
	columns: [
		shared.bouncer,
		shared.database,
		shared.user,
		flag('paused', 'PAUSE is in force: its clients wait until RESUME.', row => row.paused, {
			keep: 98,
			width: {min: 6},
			tone: value => (value === true ? 'danger' : 'calm'),
		}),
		text('pool_mode', 'Pool mode: session, transaction or statement.', row => row.pool_mode, {
			title: 'MODE',
			keep: 50,
			width: {min: 7, max: 11},
		}),
		count('cl_active', 'Clients that use a server or are idle.', row => row.cl_active, {
			title: 'CL ACT',
			keep: 90,
			width: {min: 6},
		}),
		count('cl_waiting', 'Clients that wait for a server.', row => row.cl_waiting, {
			title: 'CL WAIT',
			keep: 97,
			stays: true,
			width: {min: 7},
			tone: value => (typeof value === 'number' && value > 0 ? 'warn' : 'calm'),
		}),
		shared.wait,
		count('sv_active', 'Servers that a client uses.', row => row.sv_active, {
			title: 'SV ACT',
			keep: 92,
			stays: true,
			width: {min: 6},
		}),
		count('sv_idle', 'Servers that are ready for a client.', row => row.sv_idle, {
			title: 'SV IDLE',
			keep: 88,
			stays: true,
			width: {min: 7},
		}),
		count('sv_used', 'Servers that are checked before a client gets them again.', row => row.sv_used, {
			title: 'SV USED',
			keep: 40,
			width: {min: 7},
		}),
		count('sv_login', 'Servers that log in.', row => row.sv_login, {title: 'SV LOGIN', keep: 45, width: {min: 8}}),
		count('pool_size', 'Servers that the pool may have.', row => row.pool_size, {title: 'SIZE', keep: 86, width: {min: 4}}),
		amount('xact_per_second', 'Transactions per second of its database, of all its users.', row => row.xact_per_second, {
			title: 'XACT/S',
			keep: 80,
		}),
		count('mean_query_ms', 'Mean time of a query of its database.', row => row.mean_query_ms, {
			title: 'QUERY',
			keep: 78,
			width: {min: 8},
			format: value => milliseconds(Number(value)),
		}),
		count('mean_wait_ms', 'Mean wait of a transaction of its database for a server.', row => row.mean_wait_ms, {
			title: 'MEAN WAIT',
			keep: 79,
			width: {min: 9},
			format: value => milliseconds(Number(value)),
		}),
		text('host', 'Host of the server; empty on a Unix socket.', row => row.host, {keep: 30, width: {min: 10, max: 24}}),
		count('port', 'Port of the server.', row => row.port, {keep: 29}),
		text('dbname', 'Database at the server.', row => row.dbname, {keep: 28}),
		flag('disabled', 'DISABLE is in force: new clients are refused.', row => row.disabled, {keep: 55, width: {min: 8}}),
		count('servers', 'Servers that are open, whatever they do.', row => row.servers),
		count('sv_tested', 'Servers that are being checked.', row => row.sv_tested, {title: 'SV TEST', width: {min: 7}}),
		count('max_connections', 'Servers that all pools of the database may have; 0 without a limit.', row => row.max_connections, {
			title: 'MAX CONN',
			width: {min: 8},
		}),
		sectionColumn,
	],
	remarks: row =>
		remarksOf([
			row.paused === true && warning('PAUSED: its clients wait until RESUME (F9).'),
			row.disabled === true && warning('DISABLED: new clients are refused until ENABLE in its console.'),
			(row.cl_waiting ?? 0) > 0 &&
				row.pool_size !== null &&
				(row.servers ?? 0) >= row.pool_size &&
				warning('The pool is full: each client waits until another one releases its server.'),
		]),
});

const clientSection = defineSection<ClientRow>({
	id: 'client',
	title: 'Clients',
	rows: clientRowsOf,
	name: ({bouncer, id, ptr, connect_time}) => JSON.stringify([bouncer, id ?? ptr, connect_time]),
	columns: [
		shared.bouncer,
		shared.database,
		shared.user,
		text('client_state', 'State of the client: waiting for a server, or active.', row => row.state, {
			title: 'STATE',
			aliases: ['state'],
			keep: 93,
			width: {min: 8, max: 12},
			tone: value => (String(value).startsWith('waiting') ? 'warn' : 'calm'),
		}),
		shared.wait,
		text('application_name', 'Application of the client.', row => row.application_name, {
			title: 'APPLICATION',
			aliases: ['app', 'application'],
			keep: 91,
			width: {min: 11, max: 30, grow: true},
		}),
		text('client_addr', 'Address of the client; unix on a socket.', row => row.addr, {
			title: 'CLIENT',
			aliases: ['client'],
			keep: 89,
			width: {min: 11, max: 15},
		}),
		count('client_port', 'Port of the client.', row => row.port, {title: 'CL PORT', keep: 35, width: {min: 7}}),
		count('pid', 'Process id of the backend that it holds.', row => row.server_pid, {keep: 87, width: {min: 7}}),
		text('client_id', 'Id for KILL_CLIENT (PgBouncer 1.24).', row => row.id, {title: 'ID', keep: 34, width: {min: 6}}),
		text('connect_time', 'Time it connected, by the clock of PgBouncer.', row => row.connect_time, {
			title: 'CONNECTED',
			keep: 33,
			width: {min: 23},
		}),
		sectionColumn,
	],
	remarks: () => [],
});

const sections = [poolSection, clientSection];

const isClient = (row: SectionRow): row is ClientRow => row.section === 'client';

const emptyText = (sample: Sample): string => {
	const consoles = rowsOf(sample, poolers);
	if (consoles.length === 0)
		return "No PgBouncer is read: start pgtriage with --pgbouncer 'host=10.0.0.7 user=stats', once for each.";
	return consoles.some(({version}) => version === null)
		? 'PgBouncer was not read yet.'
		: 'PgBouncer has no pools: no client connected yet.';
};

/** Pools of PgBouncer, and its clients: those that wait for a server or hold one, with `i` the idle ones too. */
export const poolerPane = definePane<SectionRow>({
	id: 'pooler',
	title: 'Pooler',
	help: 'Pools of PgBouncer (--pgbouncer): servers and waits; clients that wait for a server or hold one (i shows the idle ones).',
	queries: [poolerPools, poolers, poolerClients, sessions],
	named: true,
	rates: true,
	rows: (sample, past) => sections.flatMap(section => section.rows(sample, past)),
	identity: row => `${row.section} ${sections.find(({id}) => id === row.section)?.name(row) ?? ''}`,
	sort: {column: 'maxwait_seconds', descending: true},
	sections: sectionsOf(sections),
	pooler: (row, sample) => poolerRefOf(row as PoolRow | ClientRow, isClient(row) ? row : undefined, sample),
	shown: (row, {idle}) => idle || !isClient(row) || row.server_pid !== null || row.state?.startsWith('waiting') === true,
	copied: row => {
		const {database, user} = row as PoolRow | ClientRow;
		return user === null ? database : `${user}@${database}`;
	},
	rest: sample =>
		rowsOf(sample, poolers).reduce((sum, {clients, clients_listed: listed}) => sum + (clients ?? 0) - (listed ?? 0), 0),
	headline: sample => {
		const halted = haltedOf(sample).map(({word, name, bouncer}) => `${name} at ${bouncer} is ${word}`);
		if (halted.length > 0) return {text: clean(`${halted.join(', ')}.`), tone: 'warn'};
		const consoles = rowsOf(sample, poolers).map(({bouncer, version}) => `${bouncer} (${version ?? 'not read'})`);
		return consoles.length === 0
			? undefined
			: {text: clean(`${plural(consoles.length, 'PgBouncer')}: ${consoles.join(', ')}.`), tone: 'dim'};
	},
	notice: sample => unreadConsoles(sample)[0]?.sentence,
	empty: emptyText,
	inspect: (row, sample, width) =>
		(sections.find(({id}) => id === row.section)?.remarks(row, sample) ?? []).flatMap(remark =>
			wrap(remark.text, width).map(part => line(part, remark.tone)),
		),
});
