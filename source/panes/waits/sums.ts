import {type Answer, answerOf, lastUntil, type Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {type WaitSample, waitSamples} from '../../queries/activity/waits.ts';
import {statementOf} from '../reading/statement.ts';

/** Number of times a wait was seen with a statement. */
export type Seen = Pick<WaitSample, 'wait_event_type' | 'wait_event' | 'query_id'> & {readonly seen: number};

/** Waits seen in a quarter of a minute, in `looks` looks. */
export type WaitSum = {
	readonly looks: number;
	readonly seen: readonly Seen[];
	/** Texts of its statements, from the sessions of its samples. */
	readonly texts: ReadonlyMap<string, string>;
};

/** Milliseconds of a sum, which begins at a multiple of that on the server's clock. */
export const spanMs = 15_000;
/** Number of sums in five minutes. */
export const spans = 20;
/** Number of sums in the last minute, the newest of which is incomplete. */
export const recentSpans = 4;

const nothing: WaitSum = {looks: 0, seen: [], texts: new Map()};

type Span = {readonly answers: Answer<WaitSample>[]; readonly samples: Sample[]};

/** Sums of the last five minutes, oldest first; gaps are sums without looks. */
export const waitSums = (sample: Sample, past: Past): readonly WaitSum[] => {
	const all: (Span | undefined)[] = Array.from({length: spans});
	const last = Math.floor(msOf(sample.at) / spanMs);
	let before: Answer<WaitSample> | undefined;
	const add = (of: Sample): boolean => {
		const answer = answerOf(of, waitSamples);
		if (!answer) return true;
		const place = spans - 1 - (last - Math.floor(msOf(answer.at) / spanMs));
		if (place < 0) return false;
		const span = all[place] ?? {answers: [], samples: []};
		all[place] = span;
		span.samples.push(of);
		if (answer !== before) span.answers.push(answer);
		before = answer;
		return true;
	};
	add(sample);
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) if (!add(past.at(index) as Sample)) break;
	return all.map(span => (span ? sumOf(span) : nothing));
};

// A finished quarter of a minute does not change: its first sample and its last answer identify it.
const sums = new WeakMap<Sample, {readonly newest: Instant; readonly sum: WaitSum}>();

const sumOf = ({answers, samples}: Span): WaitSum => {
	const newest = answers[0]?.at ?? '';
	const oldest = samples.at(-1) as Sample;
	const previous = sums.get(oldest);
	if (previous?.newest === newest) return previous.sum;
	const sum = {...countsOf(answers), texts: textsOf(samples)};
	sums.set(oldest, {newest, sum});
	return sum;
};

const countsOf = (answers: readonly Answer<WaitSample>[]): Omit<WaitSum, 'texts'> => {
	const seen = new Map<string, {-readonly [K in keyof Seen]: Seen[K]}>();
	let looks = 0;
	for (const {rows} of answers) {
		looks += rows[0]?.looks ?? 0;
		for (const row of rows) {
			if (row.wait_event_type === null) continue;
			const {wait_event_type, wait_event, query_id} = row;
			const key = `${wait_event_type}/${wait_event}/${query_id}`;
			const count = seen.get(key);
			if (count) count.seen += row.seen;
			else seen.set(key, {wait_event_type, wait_event, query_id, seen: row.seen});
		}
	}
	return {looks, seen: [...seen.values()]};
};

// By answer, so that the texts are dropped when the sample is compressed.
const running = new WeakMap<Answer<Session>, ReadonlyMap<string, string>>();

/** Statements running in a sample, by query id. */
const runningIn = (sample: Sample): ReadonlyMap<string, string> => {
	const answer = answerOf(sample, sessions);
	if (!answer) return new Map();
	const texts = running.get(answer) ?? runningAmong(answer.rows);
	running.set(answer, texts);
	return texts;
};

const runningAmong = (rows: readonly Session[]): ReadonlyMap<string, string> => {
	const texts = new Map<string, string>();
	for (const session of rows) {
		if (session.query_id === null || session.state !== 'active' || texts.has(session.query_id)) continue;
		const query = statementOf(session);
		if (query !== null) texts.set(session.query_id, query);
	}
	return texts;
};

const textsOf = (samples: readonly Sample[]): ReadonlyMap<string, string> => {
	const texts = new Map<string, string>();
	for (const sample of samples) for (const [id, query] of runningIn(sample)) if (!texts.has(id)) texts.set(id, query);
	return texts;
};
