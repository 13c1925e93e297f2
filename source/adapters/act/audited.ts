import {journalEntry, type Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {sqlstateOf} from '../connect/failures.ts';
import type {Audit, AuditEntry} from './audit.ts';

/** The result of an action, as far as the audit needs it. */
type Outcome = {readonly outcome: string; readonly failure?: Failure | undefined};

/** One action on its way through the audit. */
export type AuditedAction<T extends Outcome> = Pick<AuditEntry, 'action' | 'target' | 'statement'> & {
	/** The name of the target in the journal; without one the action writes its own journal entry, or none. */
	readonly journalTarget?: string;
	/** The result if the audit cannot be written and nothing was done. */
	readonly refused: (failure: Failure) => T;
	/** The result if the action is no longer wanted once the audit has it, and the audit's words for that. */
	readonly skipped?: () => {readonly audited: string; readonly result: T} | undefined;
	/** Does it; never rejects. `sent` replaces the statement by the exact one that was sent. */
	readonly run: (sent: (statement: string) => void) => Promise<T>;
};

/** The one path from a confirmed action to the server: audit before, act, audit after, journal. */
export type Audited = {
	/** Runs an action after the audit is on disk; answers without waiting for the entry written afterwards. */
	readonly run: <T extends Outcome>(action: AuditedAction<T>) => Promise<T>;
	/** Records the effect of an action that a later sample shows. */
	readonly effectSeen: (effect: Pick<AuditEntry, 'statement' | 'outcome'> & {readonly target: string}) => void;
	/** Waits until the audit has every entry. */
	readonly written: () => Promise<void>;
};

const worded = (outcome: string, failure: Failure | undefined): string =>
	failure === undefined ? outcome : `${outcome}: ${failure.message}`;

/** The audited path over an audit; `note` writes the journal. */
export const createAudited = (audit: Audit, note: Note): Audited => {
	const writing = new Set<Promise<void>>();

	/** An entry that cannot be written undoes nothing; the journal says so. */
	const record = (entry: AuditEntry): void => {
		const write = audit.write(entry).then(failure => {
			writing.delete(write);
			if (failure)
				note(
					journalEntry({
						kind: 'action',
						target: `the audit of ${entry.action}`,
						outcome: `not written: ${failure.message}`,
					}),
				);
		});
		writing.add(write);
	};

	return {
		run: async ({action, target, statement: planned, journalTarget, refused, skipped, run}) => {
			let statement = planned;
			const unwritten = await audit.write({
				action,
				target,
				statement,
				event: 'before',
				outcome: null,
				sqlstate: null,
				took_ms: null,
			});
			if (unwritten) return refused(unwritten);
			const begun = performance.now();
			const after = (outcome: string, sqlstate: string | null): void =>
				record({action, target, statement, event: 'after', outcome, sqlstate, took_ms: Math.round(performance.now() - begun)});
			const skip = skipped?.();
			if (skip) {
				after(worded(skip.audited, skip.result.failure), sqlstateOf(skip.result.failure));
				return skip.result;
			}
			const result = await run(sent => {
				statement = sent;
			});
			const outcome = worded(result.outcome, result.failure);
			const sqlstate = sqlstateOf(result.failure);
			after(outcome, sqlstate);
			if (journalTarget !== undefined)
				note(
					journalEntry({
						kind: 'action',
						target: journalTarget,
						statement,
						outcome,
						sqlstate,
						took_ms: performance.now() - begun,
					}),
				);
			return result;
		},
		effectSeen: ({target, statement, outcome}) =>
			record({event: 'seen', action: 'effect', target: {name: target}, statement, outcome, sqlstate: null, took_ms: null}),
		written: async () => {
			while (writing.size > 0) await Promise.all(writing);
		},
	};
};
