import {type Line, type Parts, span, type Tone} from '../core/line.ts';
import type {Sample} from '../core/sample.ts';
import type {State} from '../core/state.ts';
import {type Session, sessions} from '../queries/sessions.ts';
import {rowsOf} from './reading.ts';

/** Sessions of a sample by what they do; `byClass` counts the active ones by what they wait for, `CPU` while for nothing. */
export type Load = {
	readonly connections: number;
	readonly active: number;
	readonly waiting: number;
	readonly idleInTransaction: number;
	readonly idle: number;
	readonly unknown: number;
	readonly byClass: ReadonlyMap<string, number>;
};

// The strip asks for many samples at every paint; a load is small enough to be kept as long as its sample.
const loads = new WeakMap<Sample, Load>();

/** The load of a sample; our own sessions do not count. */
export const loadOf = (sample: Sample): Load => {
	const known = loads.get(sample) ?? countLoad(sample);
	loads.set(sample, known);
	return known;
};

const countLoad = (sample: Sample): Load => {
	const own = new Set(sample.own);
	const byClass = new Map<string, number>();
	const load = {connections: 0, active: 0, waiting: 0, idleInTransaction: 0, idle: 0, unknown: 0, byClass};
	for (const session of rowsOf(sample, sessions)) {
		if (own.has(session.pid) || !isClient(session)) continue;
		load.connections++;
		if (session.state === null) load.unknown++;
		else if (session.state === 'idle') load.idle++;
		else if (session.state.startsWith('idle in transaction')) load.idleInTransaction++;
		else {
			load.active++;
			const name = session.wait_event_type ?? 'CPU';
			byClass.set(name, (byClass.get(name) ?? 0) + 1);
			if (name === 'Lock') load.waiting++;
		}
	}
	return load;
};

// A role without rights sees no backend_type; whoever has a database and a role is taken for a client.
const isClient = ({backend_type, datid, usesysid}: Session): boolean =>
	backend_type === null ? datid !== null && usesysid !== null : backend_type === 'client backend';

const levels = ' ▁▂▃▄▅▆▇█';
const asciiLevels = ' .:-=+*#@';

/** Active sessions over the last samples as a strip, one cell a sample, and what the active ones of now wait for. */
export const stripParts = (state: State, sample: Sample): Parts => {
	const {samples} = state.timeline;
	const end = samples.findLastIndex(({seq}) => seq <= sample.seq) + 1;
	const width = Math.max(10, Math.min(60, Math.floor(state.size.columns / 3)));
	const counts = samples.slice(Math.max(0, end - width), end).map(one => loadOf(one).active);
	const peak = Math.max(1, ...counts);
	const ladder = state.options.ascii ? asciiLevels : levels;
	const bars = counts.map(active => ladder[Math.ceil((active / peak) * (ladder.length - 1))]).join('');
	const classes = [...loadOf(sample).byClass].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
	return [
		[span('active ', 'dim'), span(bars.padStart(width)), span(` peak ${peak}`, 'dim')],
		...classes.map(([name, sessions]): Line => [span(`${name} `, 'dim'), span(String(sessions), toneOf(name))]),
	];
};

const toneOf = (name: string): Tone => (name === 'Lock' ? 'danger' : 'calm');
