import type {Sample} from '../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {duration, rounded} from '../core/values/units.ts';
import {factsOf, rowsOf} from '../panes/reading/answers.ts';
import {hiddenAmong} from '../panes/reading/hidden.ts';
import {sessions} from '../queries/activity/sessions.ts';
import {type Facts, pulse} from '../queries/server/server.ts';
import type {Happening, Head} from './report.ts';
import type {Step} from './step.ts';

const mostGaps = 100;
const mostChanges = 200;

/** Known facts of a server; a promotion changes its role, not the server. */
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

/** Median of the intervals between samples in seconds, counted to a tenth; null without an interval. */
const medianInterval = (intervals: ReadonlyMap<number, number>): number | null => {
	const all = [...intervals].sort(([a], [b]) => a - b);
	let left = all.reduce((sum, [, count]) => sum + count, 0) / 2;
	for (const [tenths, count] of all) {
		left -= count;
		if (left <= 0) return tenths / 10;
	}
	return null;
};

/** Collects the gaps between samples and the median interval. */
const collectGaps = () => {
	const gaps: Head['gaps'][number][] = [];
	const intervals = new Map<number, number>();
	return {
		addStep: ({sample: {at}, before, gap}: Step): void => {
			const passed = before && secondsBetween(before.at, at);
			if (!before || passed === null || passed === undefined) return;
			// In tenths of a second, few differ.
			const tenths = Math.round(passed * 10);
			if (intervals.size < mostGaps || intervals.has(tenths)) intervals.set(tenths, (intervals.get(tenths) ?? 0) + 1);
			if (gap && gaps.length < mostGaps) gaps.push({from: before.at, to: at, seconds: rounded(passed)});
		},
		gaps,
		interval: (): number | null => medianInterval(intervals),
	};
};

/** Collects the facts of the server and its changes: restarts and promotions. */
const collectServer = () => {
	const changes: Happening[] = [];
	let server: Server = {facts: undefined, standby: null, started: null};
	const change = (at: Instant, text: string): void => {
		if (changes.length < mostChanges) changes.push({at, kind: 'server', severity: null, text});
	};
	return {
		addStep: ({sample}: Step): void => {
			const now = serverOf(sample);
			if (server.started !== null && now.started !== null && now.started !== server.started)
				change(sample.at, `The server restarted at ${now.started}, or it is a different server.`);
			if (server.standby !== null && now.standby !== null && now.standby !== server.standby)
				change(sample.at, now.standby ? 'The server is now a standby.' : 'The server became a primary.');
			server = {
				facts: now.facts ?? server.facts,
				standby: now.standby ?? server.standby,
				started: now.started ?? server.started,
			};
		},
		changes,
		result: (): Head['server'] => {
			const {facts, standby, started} = server;
			return {
				version: facts?.version_text ?? null,
				role: standby === null ? null : standby ? 'standby' : 'primary',
				started,
				database: facts?.database ?? null,
				user: facts?.user ?? null,
			};
		},
	};
};

/** Collects the head of a report: server, period and gaps, and the changes of the server itself. */
export const collectHead = () => {
	const gaps = collectGaps();
	const server = collectServer();
	let first: Sample | undefined;
	let last: Sample | undefined;
	let samples = 0;
	let hidden = 0;

	const addStep = (step: Step): void => {
		first ??= step.sample;
		last = step.sample;
		samples++;
		hidden = Math.max(hidden, hiddenAmong(step.sample, rowsOf(step.sample, sessions))?.rows ?? 0);
		gaps.addStep(step);
		server.addStep(step);
	};

	const result = (damaged: number, isRedacted: boolean): {readonly head: Head; readonly happenings: readonly Happening[]} => {
		const from = first?.at ?? '';
		const to = last?.at ?? '';
		return {
			head: {
				server: server.result(),
				from,
				to,
				seconds: rounded(secondsBetween(from, to) ?? 0),
				samples,
				interval_seconds: gaps.interval(),
				gaps: gaps.gaps,
				damaged_lines: damaged,
				redacted: isRedacted,
				hidden_sessions: hidden,
			},
			happenings: [...server.changes, ...gaps.gaps.map(gapEvent)],
		};
	};
	return {addStep, result};
};

const gapEvent = ({from, seconds}: Head['gaps'][number]): Happening => ({
	at: from,
	kind: 'gap',
	severity: null,
	text: `No samples for ${duration(seconds)}.`,
});
