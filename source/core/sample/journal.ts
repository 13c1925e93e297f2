import type {Instant} from '../values/instant.ts';

/**
 * A statement or message sent to the server outside polls, or its effect: `session` sets up a connection, `cancel` ends one of our
 * own statements, `action` is a person's action, `effect` is an observed result, `measure` is a one-off query.
 */
export type JournalEntry = {
	/** Time on the server's clock; null if unknown. */
	readonly at: Instant | null;
	readonly kind: 'session' | 'cancel' | 'action' | 'effect' | 'measure';
	/** Pid of the backend that carried it; null behind a pooler and for anything sent without a backend. */
	readonly connection: number | null;
	readonly statement: string | null;
	/** Target of the entry, in words. */
	readonly target: string | null;
	/** Outcome, in words. */
	readonly outcome: string;
	readonly sqlstate: string | null;
	readonly took_ms: number | null;
};

/** Writes an entry into the journal. */
export type Note = (entry: JournalEntry) => void;

/** A journal entry; what is left out is null. */
export const journalEntry = (entry: Pick<JournalEntry, 'kind' | 'target' | 'outcome'> & Partial<JournalEntry>): JournalEntry => ({
	at: null,
	connection: null,
	statement: null,
	sqlstate: null,
	took_ms: null,
	...entry,
});
