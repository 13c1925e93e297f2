import {type ConnectionTarget, resolveConnection} from '../../source/adapters/connect/connection.ts';
import {type Lane, type LaneOptions, type LaneStatus, openLane} from '../../source/adapters/session/lane.ts';
import type {Server} from '../../source/demo/server.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';

/** The superuser's way to a server's `postgres` database, or another by libpq's keywords. */
export const targetOf = (
	server: Pick<Server, 'host' | 'port'>,
	parameters: Readonly<Record<string, string>> = {},
): ConnectionTarget => {
	const all = {host: server.host, port: String(server.port), user: 'postgres', dbname: 'postgres', ...parameters};
	return resolveConnection(
		{
			dbname: Object.entries(all)
				.map(([key, value]) => `${key}='${value}'`)
				.join(' '),
		},
		{},
	);
};

/** A lane that ends with the test that opens it, or before by `await using`. */
export const laneTo = (target: ConnectionTarget, options: LaneOptions = {readOnly: true}): Lane & AsyncDisposable => {
	const lane = openLane(target, options);
	endsWithTest(lane.close);
	return {...lane, [Symbol.asyncDispose]: () => lane.close()};
};

/** Resolves with the first status that satisfies `accept`; rejects after `limitMs` with the last one seen. */
export const until = async (lane: Lane, accept: (status: LaneStatus) => boolean, limitMs = longestWaitMs): Promise<LaneStatus> =>
	new Promise((resolve, reject) => {
		const stop = (): void => {
			clearTimeout(timer);
			forget();
		};
		const look = (status: LaneStatus): void => {
			if (!accept(status)) return;
			stop();
			resolve(status);
		};
		const timer = setTimeout(() => {
			stop();
			reject(new Error(`The lane never got there; it is ${JSON.stringify(lane.status())}`));
		}, limitMs);
		const forget = lane.onStatus(look);
		look(lane.status());
	});

/** Resolves when the lane has a session. */
export const ready = (lane: Lane, limitMs?: number): Promise<LaneStatus> => until(lane, ({state}) => state === 'ready', limitMs);
