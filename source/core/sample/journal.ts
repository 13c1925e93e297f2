import type {Instant} from '../values/instant.ts';

/**
 * One thing that was sent to the server and is no poll, or what came of it: `session` sets a connection up, `cancel` ends a
 * statement of our own, `action` is what somebody asked for, `effect` what was seen of it later, `measure` what was asked once.
 */
export type JournalEntry = {
	/** The server's clock; null where it is not known. */
	readonly at: Instant | null;
	readonly kind: 'session' | 'cancel' | 'action' | 'effect' | 'measure';
	/** The pid of our backend that it went over; null behind a pooler, and for what went over none. */
	readonly connection: number | null;
	readonly statement: string | null;
	/** What it was about, in words. */
	readonly target: string | null;
	/** What came of it, in words. */
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
