import {setTimeout as delay} from 'node:timers/promises';
import {type Cast, type Player, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const reserved = 6;
const forApplications = 40;
const atOnce = 28;
const pauseMs = 1000;

/** Leaks one connection: it has done its work and is never closed. */
const leak = async (cast: Cast, turn: number): Promise<Player> => {
	const player = await cast.join(`leaked${turn}`, 'mobile-api');
	await player.client.query(`select id, owner from accounts where id = ${turn}`);
	return player;
};

/** Keeps leaking until the session `first` ends; retries when refused. */
const keepLeaking = async (cast: Cast, first: Player): Promise<void> => {
	const ended = new AbortController();
	first.client.once('end', () => ended.abort());
	const {signal} = ended;
	for (let turn = atOnce + 1; !signal.aborted; turn++) {
		await delay(pauseMs, undefined, {signal}).catch(() => {});
		if (!signal.aborted) await leak(cast, turn).catch(() => {});
	}
};

/** An application opens connections and closes none until the next one is refused. Parts: `leaked1`, `leaked2` and so on; ends with the first. */
export const connectionsExhausted: Incident = {
	name: 'connections-exhausted',
	title: 'An application leaks idle connections until none are left.',
	// pgtriage connects through the connections reserved for superusers.
	settings: {max_connections: String(forApplications + reserved), superuser_reserved_connections: String(reserved)},
	begin: async connect =>
		stageIncident(connect, async cast => {
			const first = await leak(cast, 1);
			for (let turn = 2; turn <= atOnce; turn++) await leak(cast, turn);
			void keepLeaking(cast, first);
		}),
};
