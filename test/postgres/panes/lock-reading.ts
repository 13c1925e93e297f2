import type pg from 'pg';
import {expect} from 'vitest';
import type {LockRow} from '../../../source/core/locks/graph.ts';
import {decode, parseInstant, type RawRow, sqlFor} from '../../../source/core/sample/query.ts';
import type {Server} from '../../../source/demo/server.ts';
import {locks} from '../../../source/queries/activity/locks.ts';
import {connect, type ServerVersion} from '../servers.ts';

/** Column values as text, as the poller reads them. */
export const raw = {getTypeParser: () => (value: string) => value};

/** An answer to the query `locks`. */
export type Reading = {readonly at: string; readonly rows: readonly LockRow[]; readonly types: readonly number[]};

/** Reads the locks as the poller does. */
export const readLocks = async (probe: pg.Client, version: ServerVersion): Promise<Reading> => {
	const text = `select clock_timestamp(); ${sqlFor(locks, version * 10_000)}`;
	const answers = (await probe.query({text, rowMode: 'array', types: raw})) as unknown as readonly pg.QueryArrayResult[];
	const [clock, answer] = answers;
	expect(answer?.fields.map(({name}) => name)).toEqual(Object.keys(locks.fields));
	return {
		at: parseInstant(String(clock?.rows[0]?.[0])),
		rows: decode(locks, (answer?.rows ?? []) as RawRow[]).rows as readonly LockRow[],
		types: answer?.fields.map(({dataTypeID}) => dataTypeID) ?? [],
	};
};

/** A session that reads the locks. */
export const connectProbe = async (server: Server, user = 'postgres'): Promise<pg.Client> => {
	const probe = await connect(server, {user});
	await probe.query("set search_path = ''; set jit = off; set default_transaction_read_only = on");
	return probe;
};
