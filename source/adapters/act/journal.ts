import type {JournalEntry, Note} from '../../core/sample/journal.ts';
import {masked} from '../../core/sql/secrets.ts';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import type {JournalRow} from '../../queries/beside/journal.ts';

/** Everything sent to the server except polls. */
export type Journal = {
	/** Adds an entry. */
	readonly note: Note;
	/** Rows kept, the same array until an entry comes; `clock`, the time at the server now, dates entries without a timestamp. */
	readonly rows: (clock: Instant | undefined) => readonly JournalRow[];
};

type DatedRow = {readonly row: JournalRow; readonly notedAt: number};

const maskedOrNull = (text: string | null): string | null => (text === null ? null : masked(text));

// Short-lived connections must not push out actions.
const lasting: ReadonlySet<string> = new Set<JournalEntry['kind']>(['action', 'effect']);

const rowOf = (number: number, {statement, target, outcome, took_ms, ...entry}: JournalEntry): JournalRow => ({
	number,
	...entry,
	statement: maskedOrNull(statement),
	target: maskedOrNull(target),
	outcome: masked(outcome),
	took_ms: took_ms === null ? null : Math.round(took_ms * 10) / 10,
});

/**
 * Creates a journal of the newest `most` entries, with secrets masked; actions and their effects are kept longest. Entries are masked
 * when they are read: in a new process that takes milliseconds, in which the first rows are awaited.
 */
export const createJournal = (most = 1000): Journal => {
	let entries: readonly DatedRow[] = [];
	let unread: {readonly entry: JournalEntry; readonly notedAt: number}[] = [];
	let rows: readonly JournalRow[] | undefined;
	let number = 0;

	const take = (): void => {
		for (const {entry, notedAt} of unread) {
			const all = [...entries, {row: rowOf(++number, entry), notedAt}];
			const oldest = all.findIndex(({row: {kind}}) => !lasting.has(kind));
			entries = all.length > most ? all.toSpliced(Math.max(0, oldest), 1) : all;
		}
		unread = [];
		rows = undefined;
	};

	return {
		note: entry => {
			unread.push({entry, notedAt: performance.now()});
			if (unread.length >= most) take();
		},
		rows: clock => {
			if (unread.length > 0) take();
			if (clock !== undefined && entries.some(({row}) => row.at === null)) {
				const now = performance.now();
				entries = entries.map(entry =>
					entry.row.at === null ? {...entry, row: {...entry.row, at: laterBy(clock, entry.notedAt - now)}} : entry,
				);
				rows = undefined;
			}
			rows ??= entries.map(({row}) => row);
			return rows;
		},
	};
};
