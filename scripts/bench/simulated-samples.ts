import type {Result, Row, Sample, Value} from '../../source/core/sample/sample.ts';
import {laterBy} from '../../source/core/values/instant.ts';

/** Pseudo-random integers below `limit`, the same in every run (mulberry32). */
const random = (seed: number): ((limit: number) => number) => {
	let state = seed >>> 0;
	return limit => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
	};
};

type Dice = ReturnType<typeof random>;

const pidsApart = 100_000;

/** Rows of a recorded answer, filled up to `size` with copies of its client backends. */
const crowd = (rows: readonly Row[], size: number): readonly Row[] => {
	const clients = rows.filter(
		({backend_type, wait_event_type}) => backend_type === 'client backend' && wait_event_type !== 'Lock',
	);
	const copies = Array.from({length: Math.max(0, size - rows.length)}, (_, index) => {
		const row = clients[index % clients.length] as Row;
		return {...row, pid: pidsApart + index};
	});
	return [...rows, ...copies];
};

/** A session one second later: it starts a statement, or another session has replaced it. */
const changed = (row: Row, at: string, seq: number, dice: Dice): Row => {
	const isOther = dice(50) === 0;
	return {
		...row,
		...(isOther && {pid: pidsApart + dice(900_000), backend_start: at}),
		state: dice(3) === 0 ? 'idle' : 'active',
		query_start: at,
		state_change: at,
		xact_start: at,
		query: `select * from orders where id = ${seq} and customer = ${dice(100_000)}`,
		query_bytes: 60,
	};
};

const laterSessions = (rows: readonly Row[], at: string, seq: number, dice: Dice): readonly Row[] =>
	rows.map(row => (Number(row.pid) >= pidsApart && dice(5) === 0 ? changed(row, at, seq, dice) : row));

// Answers that must stay as recorded, because others refer to them.
const fixed = new Set([
	'sessions',
	'facts',
	'locks',
	'database_names',
	'extensions',
	'superusers',
	'settings',
	'roles',
	'journal',
]);

const grown = (value: Value, dice: Dice): Value => (typeof value === 'number' && value >= 10 ? value + dice(20) : value);

/** A row of counters one second later; now and then another object replaces it. */
const counted = (row: Row, seq: number, dice: Dice): Row => {
	const [first = ''] = Object.keys(row);
	const later = Object.fromEntries(
		Object.entries(row).map(([field, value], index) => [field, index < 2 ? value : grown(value, dice)]),
	);
	if (dice(500) > 0) return later;
	const name = row[first];
	return {
		...later,
		[first]: typeof name === 'number' ? seq + 1_000_000 : typeof name === 'string' ? String(seq + 1_000_000) : (name ?? null),
	};
};

const later = (name: string, result: Result, at: string, seq: number, dice: Dice): Result => {
	if (!result.ok) return result;
	if (name === 'sessions') return {...result, at, rows: laterSessions(result.rows, at, seq, dice)};
	// Most queries of panes run every few seconds.
	if (fixed.has(name) || (seq + name.length) % (1 + (name.length % 10)) !== 0) return result;
	return {...result, at, rows: result.rows.map(row => (dice(3) === 0 ? counted(row, seq, dice) : row))};
};

/**
 * Simulated samples that follow a recorded one at one second intervals: each second a fifth of the sessions start a statement, some
 * end and others connect, counters grow, and objects get new names.
 */
export function* simulatedSamples(first: Sample, sessions: number): Generator<Sample> {
	const dice = random(1);
	const recorded = first.results.sessions;
	let results: Sample['results'] = {
		...first.results,
		...(recorded?.ok && {sessions: {...recorded, rows: crowd(recorded.rows, sessions)}}),
	};
	for (let seq = 1; ; seq++) {
		const at = laterBy(first.at, seq * 1000);
		results = Object.fromEntries(Object.entries(results).map(([name, result]) => [name, later(name, result, at, seq, dice)]));
		yield {seq, at, own: first.own, results};
	}
}
