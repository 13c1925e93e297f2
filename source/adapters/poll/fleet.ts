import type {RefusedFields} from '../../core/sample/sample.ts';
import type {SourceMessage} from '../../core/state/message.ts';
import type {Source} from '../../core/state/source.ts';
import {type Instant, instantOf, laterBy} from '../../core/values/instant.ts';
import {fleet} from '../../queries/beside/fleet.ts';
import {createAlarm, within} from './alarm.ts';
import type {OpenDisks} from './fleet-disk.ts';
import {type FleetMember, type MemberWatch, watchMember} from './fleet-member.ts';

/** How a fleet is watched: milliseconds between two samples, how long each sample waits for slow servers, and a reader of disks. */
export type FleetWatching = {
	readonly intervalMs: number;
	readonly firstWaitMs: number;
	readonly waitMs: number;
	/** Parts of the fleet that could not be found, in every sample. */
	readonly missing?: readonly RefusedFields[];
	readonly openDisks: OpenDisks;
};

// A server that has not answered for this long, or for three samples, does not answer.
const silentMs = 2500;

/**
 * Watches the servers of a fleet over one connection each: a sample an interval with a row for every server, by the clock of this
 * host. A server that hangs delays a sample by the wait at most, and the others not at all.
 */
export const watchFleet =
	(members: readonly FleetMember[], {intervalMs: everyMs, firstWaitMs, waitMs, openDisks, missing = []}: FleetWatching): Source =>
	dispatch => {
		const begun = instantOf(Date.now());
		const begunAt = performance.now();
		const clock = (ms: number): Instant => laterBy(begun, ms - begunAt);
		const watches = members.map((member, position) => watchMember(member, position, openDisks));
		const alarm = createAlarm();
		let intervalMs = everyMs;
		let isStopped = false;
		let seq = 0;

		const tick = async (): Promise<void> => {
			const startedAt = performance.now();
			// One that has been asked before is not waited for again.
			const asked = watches.filter(watch => !watch.isAsking()).map(watch => watch.ask());
			await within(
				Promise.all(asked).then(() => undefined),
				seq === 0 ? firstWaitMs : waitMs,
			);
			if (!isStopped) dispatch(sampleOf({watches, missing}, clock, Math.max(silentMs, 3 * intervalMs), startedAt, seq++));
			const leftMs = alarm.woken() ? minPauseMs : Math.max(minPauseMs, startedAt + intervalMs - performance.now());
			alarm.set();
			if (!isStopped) await alarm.wait(leftMs);
		};
		const run = async (): Promise<void> => {
			dispatch({type: 'link', link: {state: 'ready'}});
			while (!isStopped) await tick();
		};
		void run();
		return {
			setInterval: ms => {
				intervalMs = ms;
				alarm.wake();
			},
			refresh: () => {
				for (const watch of watches) watch.retry();
				alarm.wake();
			},
			watch: () => {},
			aim: () => {},
			stop: async () => {
				isStopped = true;
				alarm.wake();
				await Promise.all(watches.map(watch => watch.close()));
			},
		};
	};

// Keys that ask for a refresh are not a load.
const minPauseMs = 150;

const sampleOf = (
	{watches, missing}: {readonly watches: readonly MemberWatch[]; readonly missing: readonly RefusedFields[]},
	clock: (ms: number) => Instant,
	staleMs: number,
	startedAt: number,
	seq: number,
): SourceMessage => {
	const at = clock(performance.now());
	const refused = [...watches.flatMap(watch => watch.missing()), ...missing];
	return {
		type: 'sample',
		sample: {
			seq,
			at,
			own: [],
			results: {
				[fleet.name]: {
					ok: true,
					at,
					tookMs: performance.now() - startedAt,
					rows: watches.map(watch => watch.row(clock, staleMs)),
					...(refused.length > 0 && {refused}),
				},
			},
		},
	};
};
