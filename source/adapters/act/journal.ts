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

/** Creates a journal of the newest `most` entries, with secrets masked; actions and their effects are kept longest. */
export const createJournal = (most = 1000): Journal => {
	let entries: readonly DatedRow[] = [];
	let rows: readonly JournalRow[] | undefined;
	let number = 0;
	return {
		note: ({statement, target, outcome, took_ms, ...entry}) => {
			number++;
			const row: JournalRow = {
				number,
				...entry,
				statement: maskedOrNull(statement),
				target: maskedOrNull(target),
				outcome: masked(outcome),
				took_ms: took_ms === null ? null : Math.round(took_ms * 10) / 10,
			};
			const all = [...entries, {row, notedAt: performance.now()}];
			const oldest = all.findIndex(({row: {kind}}) => !lasting.has(kind));
			entries = all.length > most ? all.toSpliced(Math.max(0, oldest), 1) : all;
			rows = undefined;
		},
		rows: clock => {
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
