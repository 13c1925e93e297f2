import pg from 'pg';
import type {Server} from './server.ts';

/** Who a session of the demo is: the superuser to the default database unless told otherwise. */
export type DemoSessionOptions = {readonly user?: string; readonly database?: string; readonly applicationName?: string};

/** Opens one session. */
export type Connect = (options?: DemoSessionOptions) => Promise<pg.Client>;

/** Opens sessions on a server of ours, to `database` unless the caller names another. */
export const connectTo =
	(server: Pick<Server, 'host' | 'port' | 'superuser'>, database: string): Connect =>
	async (options = {}) => {
		const client = new pg.Client({
			host: server.host,
			port: server.port,
			user: options.user ?? server.superuser,
			database: options.database ?? database,
			application_name: options.applicationName ?? 'demo',
		});
		// Whoever watches may terminate any session; the query that was running says so, and that is enough.
		client.on('error', () => {});
		await client.connect();
		return client;
	};
