import type {Client} from 'pg';
import {expect} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect} from '../postgres/servers.ts';
import {at} from '../pty/program.ts';
import {atOnceMs, type Screen, start} from '../pty/screen.ts';

/** Opens a session that is seen until the test ends, or its server if a hook opens it. */
export const sleeper = async (server: Server): Promise<void> => {
	const client = await connect(server, {applicationName: 'sleeper'});
	client.query('select pg_sleep(600)').catch(() => {});
};

/** The monitor on the sessions of a server, or of what stands before it, once a sleeper, or what is asked for, is seen. */
export const watching = async (
	place: Pick<Server, 'host' | 'port'>,
	{
		user = 'postgres',
		database = 'postgres',
		pane = 'sessions',
		args = [],
		env = {},
		columns = 160,
		shows = /sleeper/,
	}: {
		readonly user?: string;
		readonly database?: string;
		readonly pane?: string;
		readonly args?: readonly string[];
		readonly env?: Readonly<Record<string, string>>;
		readonly columns?: number;
		readonly shows?: RegExp;
	} = {},
): Promise<Screen> => {
	const screen = start([...at(place, user, database), '--interval', '250ms', '--pane', pane, ...args], {columns, env});
	await screen.until(shows);
	return screen;
};

/** The backends of the monitor, as another session sees them. */
export const own = async (admin: Client): Promise<readonly number[]> =>
	(await admin.query<{pid: number}>("select pid from pg_stat_get_activity(null) where application_name = 'pgtriage'")).rows.map(
		({pid}) => pid,
	);

/**
 * What holds in every fault: a key is answered, no stack is on the screen, and the cause stands there once. Quick is measured with
 * much room, because a busy machine is not a fault.
 */
export const holdsOut = async (screen: Screen, cause?: RegExp): Promise<void> => {
	const begun = performance.now();
	screen.press('?');
	await screen.until('Esc = back');
	expect(performance.now() - begun).toBeLessThan(atOnceMs);
	screen.press('esc');
	await screen.until(text => !text.includes('Esc = back'));
	const text = screen.text();
	expect(text).not.toMatch(/\bat .*\.js:\d+|Error:|undefined|NaN/);
	if (cause) expect(text.match(new RegExp(cause.source, 'g')), `${cause.source} stands once in\n${text}`).toHaveLength(1);
};

/** Ends the monitor by q: at once, and the terminal is as it was found. */
export const leave = async (screen: Screen, status = 0): Promise<void> => {
	const begun = performance.now();
	screen.press('q');
	expect(await screen.exited).toBe(status);
	expect(performance.now() - begun).toBeLessThan(atOnceMs);
	expect(screen.unrestored()).toEqual([]);
};
