import type {JournalEntry, Note} from '../../core/sample/journal.ts';
import {masked} from '../../core/sql/secrets.ts';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import type {JournalRow} from '../../queries/journal.ts';

/** What was sent that was no poll: `note` takes an entry, `rows` are all that are kept, the very array of before while none came. */
export type Journal = {
	readonly note: Note;
	/** `clock` is the server's clock now: entries without a moment of their own get theirs from it. */
	readonly rows: (clock: Instant | undefined) => readonly JournalRow[];
};

type Kept = {readonly row: JournalRow; readonly notedAt: number};

const quoted = (text: string | null): string | null => (text === null ? null : masked(text));

// Connections that come and go must not push out what somebody did.
const lasting: ReadonlySet<string> = new Set<JournalEntry['kind']>(['action', 'effect']);

/** Makes the journal of this process, with the newest `most` entries; actions and their effects stay longest. Secrets are masked. */
export const createJournal = (most = 1000): Journal => {
	let kept: readonly Kept[] = [];
	let shown: readonly JournalRow[] | undefined;
	let number = 0;
	return {
		note: ({statement, target, outcome, took_ms, ...entry}) => {
			number++;
			const row: JournalRow = {
				number,
				...entry,
				statement: quoted(statement),
				target: quoted(target),
				outcome: masked(outcome),
				took_ms: took_ms === null ? null : Math.round(took_ms * 10) / 10,
			};
			const all = [...kept, {row, notedAt: performance.now()}];
			const passing = all.findIndex(({row: {kind}}) => !lasting.has(kind));
			kept = all.length > most ? all.toSpliced(Math.max(0, passing), 1) : all;
			shown = undefined;
		},
		rows: clock => {
			if (clock !== undefined && kept.some(({row}) => row.at === null)) {
				const now = performance.now();
				kept = kept.map(entry =>
					entry.row.at === null ? {...entry, row: {...entry.row, at: laterBy(clock, entry.notedAt - now)}} : entry,
				);
				shown = undefined;
			}
			shown ??= kept.map(({row}) => row);
			return shown;
		},
	};
};
