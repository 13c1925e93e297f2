import type {RawRow} from '../../core/sample/query.ts';
import {changesSince, sessionChanges} from '../../queries/activity/session-changes.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import type {Reply} from '../session/answering.ts';
import type {Lane} from '../session/lane.ts';
import {versionOf} from '../session/lanes.ts';
import {askWithRetry, isRefused} from './failures.ts';

/** The list of sessions, of which a connection sends only what changed since its last answer. */
export type SessionList = {
	/** Asks for the changes and answers with the whole list; undefined if the whole list has to be asked for. */
	readonly ask: (lane: Lane, version: number) => Promise<Reply | undefined>;
	/** Asks for the whole list as soon as a lane has logged in, before anyone wants it: that is the answer to the next question. */
	readonly begin: (lane: Lane) => void;
};

const names = Object.keys(sessions.fields);
const pidAt = names.indexOf('pid');
const width = names.length;
const goneAt = width;
const knownAt = width + 1;

// A list of which most rows change is cheaper to read whole, because rows of whole lists are compared as bytes.
const mostChanged = 0.5;
const wholeAnswers = 10;

/** Nothing known yet: the first answer has all rows. */
export const createSessionList = (): SessionList => {
	const series = Math.random().toString(36).slice(2);
	let count = 0;
	let generation = 0;
	let isRefusedHere = false;
	/** Number of the next lists that are asked for whole. */
	let wholes = 0;
	/** Name and rows of the last answer that arrived. */
	let last: {readonly name: string; readonly rows: readonly RawRow[]} | undefined;

	const take = (name: string, reply: Extract<Reply, {ok: true}>): Reply | undefined => {
		const rows = listOf(last?.rows ?? [], reply.rows);
		last = rows && {name, rows};
		if (!rows) return undefined;
		const changed = reply.rows.filter(cells => cells[pidAt] !== null).length;
		if (Number(reply.rows[0]?.[knownAt]) > 0 && changed > rows.length * mostChanged) wholes = wholeAnswers;
		return {...reply, rows, types: reply.types.slice(0, width)};
	};

	const ask: SessionList['ask'] = async (lane, version) => {
		const status = lane.status();
		if (status.generation !== generation) {
			generation = status.generation;
			isRefusedHere = false;
			wholes = 0;
		}
		// Behind a pooler the next question may reach another connection.
		if (isRefusedHere || version < changesSince || status.pid === undefined) return undefined;
		if (wholes > 0) {
			wholes--;
			last = undefined;
			return undefined;
		}
		const name = `${series}.${count++}`;
		const sql = sessionChanges(last?.name ?? name, name);
		const reply = await askWithRetry(() => lane.run({name: sessions.name, sql, deadlineMs: sessions.deadlineMs, timed: true}));
		if (reply.ok) return take(name, reply);
		if (!isRefused(reply.error)) return reply;
		isRefusedHere = true;
		return undefined;
	};

	/** What `begin` asked for, until it is wanted. */
	let begun: Promise<Reply | undefined> | undefined;
	return {
		ask: (lane, version) => {
			const answer = begun ?? ask(lane, version);
			begun = undefined;
			return answer;
		},
		begin: lane => {
			begun = versionOf(lane).then(version => ask(lane, version));
		},
	};
};

/** The rows after an answer of changes; undefined if the connection remembers another number of rows than we do. */
const listOf = (before: readonly RawRow[], answer: readonly RawRow[]): readonly RawRow[] | undefined => {
	const known = Number(answer[0]?.[knownAt] ?? Number.NaN);
	if (known !== 0 && known !== before.length) return undefined;
	const gone = new Set(answer.map(cells => cells[goneAt]));
	const changed = new Map<string, RawRow>();
	for (const cells of answer) {
		const pid = cells[pidAt];
		if (pid != null) changed.set(pid, cells.slice(0, width));
	}
	if (known === 0) return [...changed.values()];
	const rows: RawRow[] = [];
	for (const row of before) {
		const pid = row[pidAt] as string;
		const next = changed.get(pid);
		if (next) changed.delete(pid);
		if (next || !gone.has(pid)) rows.push(next ?? row);
	}
	rows.push(...changed.values());
	return rows;
};
