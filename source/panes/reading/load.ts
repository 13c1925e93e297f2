import type {Sample} from '../../core/sample/sample.ts';
import type {Tone} from '../../core/text/line.ts';
import type {Layer} from '../../core/text/stack.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {waitSamples} from '../../queries/activity/waits.ts';
import {rowsOf} from './answers.ts';

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
	/** How much of it is known: the activity of all sessions, that of some, so that the figures are minimums, or of none that is active. */
	readonly known: 'all' | 'some' | 'none';
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
	const average = [...byClass.values()].reduce((sum, value) => sum + value, 0);
	const isRead = sample.results[sessions.name]?.ok === true;
	const known = isRead && load.unknown === 0 ? 'all' : average > 0 ? 'some' : 'none';
	return {...load, byClass, average, known};
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

/** A class of load: a wait event type, or `CPU` for sessions that do not wait, and how a stacked chart draws it. */
export type LoadClass = Layer & {readonly name: string};

const classTones: Readonly<Record<string, Tone>> = {
	CPU: 'cpu',
	IO: 'io',
	LWLock: 'lwlock',
	Buffer: 'lwlock',
	BufferPin: 'lwlock',
	Lock: 'lock',
	Client: 'client',
};

const letters: Readonly<Record<string, string>> = {
	CPU: 'C',
	IO: 'I',
	LWLock: 'W',
	Buffer: 'B',
	BufferPin: 'B',
	Lock: 'L',
	Client: 'N',
	IPC: 'P',
	Timeout: 'T',
	Extension: 'X',
};

/** Classes from the bottom of a stack to its top; classes that a newer server adds are between them and locks, as `Other`. */
export const loadClasses: readonly LoadClass[] = ['CPU', 'IO', 'LWLock', 'Buffer', 'Client', 'IPC', 'Other', 'Lock'].map(
	name => ({
		name,
		tone: classTones[name] ?? 'other',
		letter: letters[name] ?? 'O',
	}),
);

const placeOf = new Map(loadClasses.map(({name}, index) => [name, index]));
const renamed: Readonly<Record<string, string>> = {BufferPin: 'Buffer'};

/** The class of a wait event type. */
export const loadClassOf = (type: string): LoadClass =>
	loadClasses[placeOf.get(renamed[type] ?? type) ?? loadClasses.length - 2] as LoadClass;

/** Loads of a sample in the order of the classes. */
export const stackedLoad = ({byClass}: SessionLoad): readonly number[] => {
	const values = loadClasses.map(() => 0);
	for (const [type, value] of byClass) {
		const index = placeOf.get(loadClassOf(type).name) ?? 0;
		values[index] = (values[index] ?? 0) + value;
	}
	return values;
};
