import {type Column, text} from '../../core/pane/column.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import {type Sample, sentences} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {type Line, line} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {duration} from '../../core/values/units.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import {type PoolerConnection, poolerConnections} from '../../queries/beside/pgbouncer.ts';
import {rowsOf} from '../reading/answers.ts';
import {indented} from '../reading/indented.ts';

/** Client behind a PgBouncer connection; null for other sessions and while no client uses it. */
export type PooledClient = {
	readonly pooler_client_addr: string | null;
	readonly pooler_application_name: string | null;
};

const byPid: (sample: Sample) => ReadonlyMap<number, PoolerConnection> = oncePerSample(
	sample => new Map(rowsOf(sample, poolerConnections).map(row => [row.pid, row])),
);

type Identified = Pick<Session, 'pid' | 'backend_start' | 'client_port'>;

/**
 * PgBouncer connection of a session; undefined if it is not one. PgBouncer can also connect to other servers, where the same pid
 * is another session: only the client port identifies it, and a unix socket has none.
 */
export const poolerConnectionOf = (
	sample: Sample,
	{pid, backend_start, client_port}: Identified,
): PoolerConnection | undefined => {
	const connection = byPid(sample).get(pid);
	const at = sample.results[poolerConnections.name]?.at;
	if (!connection || at === undefined || client_port === null || (backend_start !== null && backend_start > at)) return undefined;
	return (connection.local_port ?? -1) === client_port ? connection : undefined;
};

/** Columns of the client behind a PgBouncer connection. */
export const pooledClientOf = (connection: PoolerConnection | undefined): PooledClient => ({
	pooler_client_addr: connection?.client_addr ?? null,
	pooler_application_name: connection?.client_application_name ?? null,
});

const isKnown = (sample: Sample): boolean => byPid(sample).size > 0;

/** Columns of clients behind PgBouncer, shown if its console is read. */
export const poolerColumns: readonly Column<PooledClient>[] = [
	text(
		'pooler_client_addr',
		'Client address behind PgBouncer; unix on a socket. Only with --pgbouncer, as is the next one.',
		row => row.pooler_client_addr,
		{title: 'POOL CLIENT', aliases: ['pooler_client', 'pool_client'], keep: 58, width: {min: 11, max: 15}, present: isKnown},
	),
	text('pooler_application_name', 'Application name of the client behind PgBouncer.', row => row.pooler_application_name, {
		title: 'POOL APP',
		aliases: ['pooler_app', 'pool_app'],
		keep: 28,
		width: {min: 11, max: 18},
		present: isKnown,
	}),
];

/** Sentence on why the clients behind PgBouncer are unknown; undefined if they are known or not requested. */
export const poolerFailureOf = (sample: Sample): string | undefined => {
	const result = sample.results[poolerConnections.name];
	return result?.ok === false ? clean(sentences(result.error)) : undefined;
};

const clientOf = ({client_addr, client_port, client_application_name}: PoolerConnection): string => {
	const address = client_addr?.includes(':') ? `[${client_addr}]` : client_addr;
	const place = client_port === null ? 'a unix socket' : `${address}:${client_port}`;
	return clean(client_application_name ? `${place} (${client_application_name})` : place);
};

/** Lines on the PgBouncer connection of a session's page; empty for other sessions. */
export const poolerLines = (session: Session, sample: Sample, width: number): readonly Line[] => {
	const failure = session.backend_type === 'client backend' ? poolerFailureOf(sample) : undefined;
	const connection = poolerConnectionOf(sample, session);
	if (!failure && !connection) return [];
	const title = [[], line('PgBouncer', 'strong')];
	if (!connection) return [...title, ...indented(failure ?? '', width, 'warn')];
	const {waiting, longest_wait_seconds: longest, database, user} = connection;
	const use =
		connection.client_addr === null
			? `PgBouncer connection, not used by a client now (${clean(connection.state)}).`
			: `Used through PgBouncer from ${clientOf(connection)}.`;
	const pool = clean(`${user}@${database}`);
	const lasts = longest === null ? '' : `, the longest for ${duration(longest)}`;
	const queue = waiting
		? indented(`${plural(waiting, 'client waits', 'clients wait')} for a connection of the pool ${pool}${lasts}.`, width, 'warn')
		: [];
	return [...title, ...indented(use, width), ...queue];
};
