import {plural} from '../text/words.ts';
import {type PoolerCommand, poolClientName, poolerWords} from './pooler.ts';
import {type Fact, fact} from './question.ts';
import {visibleName} from './target-facts.ts';

/** Title of the question before a command for PgBouncer. */
export const poolerTitle = (command: PoolerCommand): string =>
	command.kind === 'pooler-kill-client'
		? `Kill client ${command.client.id ?? '?'} of PgBouncer?`
		: `${poolerWords[command.kind]} database ${visibleName(command.pool.database)} in PgBouncer?`;

const known = (count: number | null): string => (count === null ? 'unknown' : String(count));

/** Facts about the target of a command for PgBouncer, and who is hit. */
export const poolerFacts = (command: PoolerCommand): readonly Fact[] => {
	if (command.kind === 'pooler-kill-client') {
		const {client} = command;
		const {application_name: application, state, server_pid: pid, connect_time} = client;
		return [
			fact('client', `${poolClientName(client)}${application ? `, ${visibleName(application)}` : ''}`),
			placeFact(client),
			fact('state', `${state ?? 'unknown'}${pid === null ? '' : `, holds backend ${pid}`}`, pid === null ? 'calm' : 'warn'),
			fact('since', connect_time ?? 'unknown'),
		];
	}
	const {pool} = command;
	const {clients_active: active, clients_waiting: waiting, servers_active: servers, host, port, dbname} = pool;
	const clients = `${active === null ? 'unknown number of clients' : plural(active, 'client')} active, ${known(waiting)} waiting`;
	return [
		fact('hits', `${clients}; ${known(servers)} of its servers in use`, 'warn'),
		placeFact(pool),
		fact('server', `${dbname ?? '?'} at ${host ?? 'unix socket'}:${port ?? '?'}`),
		fact('mode', `${pool.pool_mode ?? 'unknown'} pooling`),
	];
};

const placeFact = ({bouncer, version}: {readonly bouncer: string; readonly version: string | null}): Fact =>
	fact('console', `${bouncer}, PgBouncer ${version ?? 'of unknown version'}`);
