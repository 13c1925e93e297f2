import {pastOf} from '../../core/history/moment.ts';
import {lastUntil} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {State} from '../../core/state/state.ts';
import {bars, barsInAscii} from '../../core/text/bars.ts';
import {type Line, type Parts, type Span, span, type Tone} from '../../core/text/line.ts';
import {average} from '../../core/values/units.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {waitSamples} from '../../queries/activity/waits.ts';
import {rowsOf} from '../reading/answers.ts';

/**
 * Sessions of a sample by state. `byClass` has the active ones by wait event type, `CPU` if they do not wait: averages over the
 * wait samples since the previous sample, or counts if there are none.
 */
export type SessionLoad = {
	readonly connections: number;
	readonly active: number;
	readonly waiting: number;
	readonly idleInTransaction: number;
	readonly idle: number;
	readonly unknown: number;
	readonly byClass: ReadonlyMap<string, number>;
	/** Sum of `byClass`. */
	readonly average: number;
};

// Every paint of the strip needs the loads of many samples; a load is small enough to keep as long as its sample.
const loads = new WeakMap<Sample, SessionLoad>();

/** Load of a sample without pgtriage's own sessions. */
export const loadOf = (sample: Sample): SessionLoad => {
	const load = loads.get(sample) ?? countLoad(sample);
	loads.set(sample, load);
	return load;
};

const countLoad = (sample: Sample): SessionLoad => {
	const own = new Set(sample.own);
	const counts = new Map<string, number>();
	const load = {connections: 0, active: 0, waiting: 0, idleInTransaction: 0, idle: 0, unknown: 0};
	for (const session of rowsOf(sample, sessions)) {
		if (own.has(session.pid) || !isClient(session)) continue;
		load.connections++;
		// Disabled: track_activities is off there, so that what it does is not known, except that it waits for a lock.
		if (session.state === null || session.state === 'disabled') {
			load.unknown++;
			if (session.wait_event_type === 'Lock') load.waiting++;
		} else if (session.state === 'idle') load.idle++;
		else if (session.state.startsWith('idle in transaction')) load.idleInTransaction++;
		else {
			load.active++;
			const name = session.wait_event_type ?? 'CPU';
			counts.set(name, (counts.get(name) ?? 0) + 1);
			if (name === 'Lock') load.waiting++;
		}
	}
	const byClass = averagesOf(sample) ?? counts;
	return {...load, byClass, average: [...byClass.values()].reduce((sum, value) => sum + value, 0)};
};

/** Average active sessions by wait event type; undefined without wait samples. */
const averagesOf = (sample: Sample): ReadonlyMap<string, number> | undefined => {
	const rows = rowsOf(sample, waitSamples);
	if (rows.length === 0) return undefined;
	const averages = new Map<string, number>();
	for (const {wait_event_type, seen, looks} of rows)
		if (wait_event_type !== null) averages.set(wait_event_type, (averages.get(wait_event_type) ?? 0) + seen / looks);
	return averages;
};

/** True for client backends; if backend_type is hidden, for sessions with a database and a role. */
export const isClient = ({backend_type, datid, usesysid}: Session): boolean =>
	backend_type === null ? datid !== null && usesysid !== null : backend_type === 'client backend';

// A strip that moved with every sample would be repainted each time: it fills up, then drops its oldest quarter.
const firstShown = (count: number, width: number): number => {
	const step = Math.ceil(width / 4);
	return Math.max(0, Math.ceil((count - width) / step) * step);
};

/** Strip of average active sessions, one cell per sample, and the current waits by type. */
export const stripParts = (state: State, sample: Sample): Parts => {
	const samples = pastOf(state.timeline, state.frozen);
	const end = lastUntil(samples, sample.seq - 1) + 1;
	const width = Math.max(10, Math.min(60, Math.floor(state.size.columns / 3)));
	const left = sample.seq - end;
	const from = Math.max(0, firstShown(sample.seq + 1, width) - left);
	const visible = [...samples.slice(from, end), sample].map(loadOf);
	const averages = visible.map(load => load.average);
	const heights = state.options.ascii ? barsInAscii(bars(averages)) : bars(averages);
	return [
		[
			span('active ', 'dim'),
			...inRuns(heights, visible),
			span(' '.repeat(width - heights.length)),
			span(` peak ${written(Math.max(0, ...averages))}`, 'dim'),
		],
		...classesOf(loadOf(sample)).map(([name, value]): Line => [span(`${name} `, 'dim'), span(written(value), toneOf(name))]),
	];
};

/** Bars in runs of one tone: danger if most active sessions waited for locks. */
const inRuns = (heights: string, loads: readonly SessionLoad[]): readonly Span[] => {
	const runs: {text: string; tone: Tone}[] = [];
	for (const [index, load] of loads.entries()) {
		const tone = (load.byClass.get('Lock') ?? 0) > load.average / 2 ? toneOf('Lock') : 'calm';
		const last = runs.at(-1);
		if (last?.tone === tone) last.text += heights[index] ?? '';
		else runs.push({text: heights[index] ?? '', tone});
	}
	return runs.map(({text, tone}) => span(text, tone));
};

/** Wait event types, largest first; those of similar size keep their order, which saves repainting. */
const classesOf = ({byClass}: SessionLoad): readonly (readonly [string, number])[] => {
	const rank = (value: number): number => Math.round(Math.log2(value));
	return [...byClass].sort((a, b) => rank(b[1]) - rank(a[1]) || (a[0] < b[0] ? -1 : 1));
};

const written = (value: number): string => (Number.isInteger(value) ? String(value) : average(value));

const toneOf = (name: string): Tone => (name === 'Lock' ? 'danger' : 'calm');
