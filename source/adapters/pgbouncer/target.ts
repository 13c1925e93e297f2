import {UserError} from '../../core/values/errors.ts';
import {type ConnectionTarget, resolveConnection} from '../connect/connection.ts';
import {isConnectionString} from '../connect/conninfo.ts';

// These name the server, not the pooler in front of it.
const ofServer = ['PGHOST', 'PGHOSTADDR', 'PGSERVICE', 'PGOPTIONS', 'PGTARGETSESSIONATTRS', 'PGLOADBALANCEHOSTS'];

/**
 * Console named by a connection string: port 6432 and database `pgbouncer` by default, the user as at the server. Throws a
 * UserError.
 */
export const resolvePooler = (
	text: string,
	user: string,
	environment: Readonly<Record<string, string | undefined>>,
): ConnectionTarget => {
	const hint = 'Write it as host=10.0.0.7 port=6432 user=stats.';
	if (!isConnectionString(text)) throw new UserError('--pgbouncer needs a connection string.', {hint, exitCode: 2});
	const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !ofServer.includes(name)));
	const target = resolveConnection({dbname: text}, {...own, PGUSER: user, PGPORT: '6432', PGDATABASE: 'pgbouncer'});
	if (target.endpoints.length > 1)
		throw new UserError('--pgbouncer takes one host: each PgBouncer knows only its own clients. Give it once for each.', {
			hint,
			exitCode: 2,
		});
	return target;
};
