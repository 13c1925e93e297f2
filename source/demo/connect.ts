import pg from 'pg';
import type {Server} from './server.ts';

/** Options of a demo session; by default the superuser in the default database. */
export type DemoSessionOptions = {readonly user?: string; readonly database?: string; readonly applicationName?: string};

/** Opens a session. */
export type Connect = (options?: DemoSessionOptions) => Promise<pg.Client>;

/** Opens sessions on a demo server, by default in `database`. */
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
		// The user may terminate any session; the error of its running query is enough.
		client.on('error', () => {});
		await client.connect();
		return client;
	};
