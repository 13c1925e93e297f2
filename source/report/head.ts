import type {Sample} from '../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {duration, rounded} from '../core/values/units.ts';
import {loadOf} from '../panes/header/load.ts';
import {factsOf, rowsOf} from '../panes/reading/reading.ts';
import {type Facts, pulse} from '../queries/server.ts';
import type {Happening, Head} from './report.ts';
import type {Step} from './step.ts';

const mostGaps = 100;
const mostChanges = 200;

/** What is known of a server: a standby becomes a primary while it is the same one. */
type Server = {readonly facts: Facts | undefined; readonly standby: boolean | null; readonly started: Instant | null};

const serverOf = (sample: Sample): Server => {
	const facts = factsOf(sample);
	const beat = rowsOf(sample, pulse)[0];
	return {
		facts,
		standby: beat?.in_recovery ?? facts?.in_recovery ?? null,
		started: beat?.started ?? facts?.started ?? null,
	};
};

/** Collects what was recorded, of which server, what is missing, and what happened to the server itself. */
export const collectHead = () => {
	const gaps: Head['gaps'][number][] = [];
	const changes: Happening[] = [];
	const steps = new Map<number, number>();
	let first: Sample | undefined;
	let last: Sample | undefined;
	let server: Server = {facts: undefined, standby: null, started: null};
	let samples = 0;
	let hidden = 0;

	const change = (at: Instant, text: string): void => {
		if (changes.length < mostChanges) changes.push({at, kind: 'server', severity: null, text});
	};

	const see = ({sample, before, gap}: Step): void => {
		const {at} = sample;
		first ??= sample;
		last = sample;
		samples++;
		hidden = Math.max(hidden, loadOf(sample).unknown);
		const passed = before && secondsBetween(before.at, at);
		if (before && passed !== null && passed !== undefined) {
			// To the tenth of a second there are few different ones.
			const tenths = Math.round(passed * 10);
			if (steps.size < mostGaps || steps.has(tenths)) steps.set(tenths, (steps.get(tenths) ?? 0) + 1);
			if (gap && gaps.length < mostGaps) gaps.push({from: before.at, to: at, seconds: rounded(passed)});
		}
		const now = serverOf(sample);
		if (server.started !== null && now.started !== null && now.started !== server.started)
			change(at, `The server is another one, or was started anew at ${now.started}.`);
		if (server.standby !== null && now.standby !== null && now.standby !== server.standby)
			change(at, now.standby ? 'The server is a standby now.' : 'The server became a primary.');
		server = {
			facts: now.facts ?? server.facts,
			standby: now.standby ?? server.standby,
			started: now.started ?? server.started,
		};
	};

	const interval = (): number | null => {
		const all = [...steps].sort(([a], [b]) => a - b);
		let left = all.reduce((sum, [, count]) => sum + count, 0) / 2;
		for (const [tenths, count] of all) {
			left -= count;
			if (left <= 0) return tenths / 10;
		}
		return null;
	};

	const told = (damaged: number, isRedacted: boolean): {readonly head: Head; readonly happenings: readonly Happening[]} => {
		const {facts, standby, started} = server;
		const from = first?.at ?? '';
		const to = last?.at ?? '';
		return {
			head: {
				server: {
					version: facts?.version_text ?? null,
					role: standby === null ? null : standby ? 'standby' : 'primary',
					started,
					database: facts?.database ?? null,
					user: facts?.user ?? null,
				},
				from,
				to,
				seconds: rounded(secondsBetween(from, to) ?? 0),
				samples,
				interval_seconds: interval(),
				gaps,
				damaged_lines: damaged,
				redacted: isRedacted,
				hidden_sessions: hidden,
			},
			happenings: [
				...changes,
				...gaps.map(
					({from: at, seconds}): Happening => ({
						at,
						kind: 'gap',
						severity: null,
						text: `Nothing is known of the next ${duration(seconds)}.`,
					}),
				),
			],
		};
	};
	return {see, told};
};
