import {vi} from 'vitest';
import {createServerDisks} from '../../source/adapters/host/server-disks.ts';
import {watchFleet} from '../../source/adapters/poll/fleet.ts';
import type {OpenDisks} from '../../source/adapters/poll/fleet-disk.ts';
import type {FleetMember} from '../../source/adapters/poll/fleet-member.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import type {Server} from '../../source/demo/server.ts';
import type {FleetServer} from '../../source/queries/beside/fleet.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';
import {targetOf} from './lanes.ts';

/** A look four times a second, with the disks of servers on this host. */
export const watching = {intervalMs: 250, firstWaitMs: 400, waitMs: 100, openDisks: createServerDisks()};

/** A member of a fleet, reached as a role. */
export const memberAt = (label: string, server: Pick<Server, 'host' | 'port'>, user = 'postgres'): FleetMember => ({
	server: label,
	label,
	target: targetOf(server, {user, dbname: 'postgres'}),
});

/** A fleet that is watched, with everything that was seen so far. */
export type Fleet = {
	readonly samples: readonly Sample[];
	/** Waits for a row of the newest sample that is as wanted. */
	readonly until: (label: string, holds: (row: FleetServer) => boolean) => Promise<FleetServer>;
	readonly row: (label: string) => FleetServer | undefined;
};

/** Watches members four times a second until the test ends. */
export const watchAll = (...members: readonly FleetMember[]): Fleet => watchReading(createServerDisks(), ...members);

/** Watches members likewise, with another reader of disks. */
export const watchReading = (openDisks: OpenDisks, ...members: readonly FleetMember[]): Fleet => {
	const samples: Sample[] = [];
	const feed = watchFleet(members, {...watching, openDisks})(message => {
		if (message.type === 'sample') samples.push(message.sample);
	});
	endsWithTest(feed.stop);
	const row = (label: string): FleetServer | undefined => {
		const answer = samples.at(-1)?.results.fleet;
		return answer?.ok ? (answer.rows as readonly FleetServer[]).find(each => each.label === label) : undefined;
	};
	return {
		samples,
		row,
		until: async (label, holds) => {
			await vi.waitUntil(
				() => {
					const found = row(label);
					return found !== undefined && holds(found);
				},
				{interval: 20, timeout: longestWaitMs},
			);
			return row(label) as FleetServer;
		},
	};
};
