import {journalEntry, type Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {sqlstateOf} from '../connect/failures.ts';
import type {Audit, AuditEntry} from './audit.ts';

/** The result of an action, as far as the audit needs it. */
type Outcome = {readonly outcome: string; readonly failure?: Failure | undefined};

/** One action on its way through the audit. */
export type AuditedAction<T extends Outcome> = Pick<AuditEntry, 'action' | 'target' | 'statement'> & {
	/** Name of the target in the journal; without one, `run` writes the journal entry, if any. */
	readonly journalTarget?: string;
	/** More about a result, for the journal only. */
	readonly detailOf?: (result: T) => string;
	/** Result if the audit cannot be written and nothing was sent. */
	readonly refused: (failure: Failure) => T;
	/** Result and audit outcome if the action is no longer wanted once the audit has it. */
	readonly skipped?: () => {readonly audited: string; readonly result: T} | undefined;
	/** Carries out the action; never rejects. `sent` replaces the statement with the exact one sent. */
	readonly run: (sent: (statement: string) => void) => Promise<T>;
};

/** The only path from a confirmed action to the server: audit before, act, audit after, journal. */
export type Audited = {
	/** Runs an action once its audit entry is on disk; resolves without waiting for the entry written afterwards. */
	readonly run: <T extends Outcome>(action: AuditedAction<T>) => Promise<T>;
	/** Records the effect of an action that a later sample shows. */
	readonly effectSeen: (effect: Pick<AuditEntry, 'statement' | 'outcome'> & {readonly target: string}) => void;
	/** Waits until the audit has every entry. */
	readonly written: () => Promise<void>;
};

const outcomeText = (outcome: string, failure: Failure | undefined): string =>
	failure === undefined ? outcome : `${outcome}: ${failure.message}`;

/** Creates the audited path; `note` writes the journal. */
export const createAudited = (audit: Audit, note: Note): Audited => {
	const writing = new Set<Promise<void>>();

	/** Writes an entry after the fact; the journal reports a failed write. */
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
		run: async ({action, target, statement: planned, journalTarget, detailOf, refused, skipped, run}) => {
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
			if (unwritten) return refused({...unwritten, message: `Nothing was sent. ${unwritten.message}`});
			const startedMs = performance.now();
			const after = (outcome: string, sqlstate: string | null): void =>
				record({
					action,
					target,
					statement,
					event: 'after',
					outcome,
					sqlstate,
					took_ms: Math.round(performance.now() - startedMs),
				});
			const skip = skipped?.();
			if (skip) {
				after(outcomeText(skip.audited, skip.result.failure), sqlstateOf(skip.result.failure));
				return skip.result;
			}
			const result = await run(sent => {
				statement = sent;
			});
			const outcome = outcomeText(result.outcome, result.failure);
			const sqlstate = sqlstateOf(result.failure);
			after(outcome, sqlstate);
			if (journalTarget !== undefined)
				note(
					journalEntry({
						kind: 'action',
						target: journalTarget,
						statement,
						outcome: detailOf ? `${outcome}${detailOf(result)}` : outcome,
						sqlstate,
						took_ms: performance.now() - startedMs,
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
