import {type AdminCommand, adminName, adminStatement} from '../../core/actions/admin.ts';
import {
	type Maintenance,
	type MaintenanceResult,
	maintenanceStatement,
	type RelationRef,
} from '../../core/actions/maintenance.ts';
import {type Signal, signalStatement} from '../../core/actions/signal.ts';
import type {KnownTarget} from '../../core/actions/target.ts';
import type {JournalEntry, Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {ActionEffect} from '../../core/state/effect.ts';
import type {Message, SignalResult} from '../../core/state/message.ts';
import {sqlstateOf} from '../connect/failures.ts';
import type {Explainer} from '../explain/explainer.ts';
import type {Admin} from './admin.ts';
import type {Audit, AuditEntry} from './audit.ts';
import {createExplaining} from './explaining.ts';
import type {Maintainer, Running} from './maintainer.ts';
import type {Signaller} from './signaller.ts';

/** Does to the server what somebody confirmed; nothing is done before the audit holds it. */
export type Actor = {
	readonly perform: (effect: ActionEffect, dispatch: (action: Message) => void) => void;
	/** Writes down what was seen later of an action. */
	readonly seen: (entry: JournalEntry) => void;
	/** Stops the task that is under way, begins nothing more, and waits until the audit holds what was done. */
	readonly stop: () => Promise<void>;
};

type Means = {
	readonly signaller: Signaller;
	readonly maintainer: Maintainer;
	readonly errands: Admin;
	readonly explainer: Explainer;
	readonly audit: Audit;
	readonly note: Note;
};

type Audited = Pick<AuditEntry, 'action' | 'target' | 'statement'>;

/** The actor over the means to act. */
export const createActor = ({signaller, maintainer, errands, explainer, audit, note}: Means): Actor => {
	const explaining = createExplaining(explainer, audit);
	let running: Running | undefined;
	// A task is stopped before it is begun, too: while the audit takes it.
	let unwanted = false;
	let over = false;
	const pending = new Set<Promise<unknown>>();

	const track = (work: Promise<unknown>): void => {
		pending.add(work);
		void work.finally(() => pending.delete(work));
	};

	/** Writes down what was done; that it could not be written cannot undo it, but stands in the journal. */
	const record = (entry: AuditEntry): void =>
		track(
			audit.write(entry).then(failure => {
				if (failure)
					note({
						at: null,
						kind: 'action',
						connection: null,
						statement: null,
						target: `the audit of ${entry.action}`,
						outcome: `not written: ${failure.message}`,
						sqlstate: null,
						took_ms: null,
					});
			}),
		);

	const after = (deed: Audited, outcome: string, failure: Failure | undefined, begun: number): void =>
		record({
			...deed,
			event: 'after',
			outcome: failure === undefined ? outcome : `${outcome}: ${failure.message}`,
			sqlstate: sqlstateOf(failure),
			took_ms: Math.round(performance.now() - begun),
		});

	const before = (deed: Audited): Promise<Failure | undefined> =>
		audit.write({...deed, event: 'before', outcome: null, sqlstate: null, took_ms: null});

	const signal = async (kind: Signal, target: KnownTarget): Promise<SignalResult> => {
		const deed = {action: kind, target: identityOf(target), statement: signalStatement(kind)};
		const unwritten = await before(deed);
		if (unwritten) return {outcome: 'failed', failure: unwritten};
		const begun = performance.now();
		if (over) {
			after(deed, 'not sent', leaving, begun);
			return {outcome: 'failed', failure: leaving};
		}
		const result = await signaller.send(kind, target);
		after(deed, result.outcome, result.failure, begun);
		return result;
	};

	const journal = (statement: string, target: string, outcome: string, failure: Failure | undefined, begun: number): void =>
		note({
			at: null,
			kind: 'action',
			connection: null,
			statement,
			target,
			outcome: failure === undefined ? outcome : `${outcome}: ${failure.message}`,
			sqlstate: sqlstateOf(failure),
			took_ms: performance.now() - begun,
		});

	const maintain = async (
		task: Maintenance,
		relation: RelationRef,
		dispatch: (action: Message) => void,
	): Promise<MaintenanceResult> => {
		let statement = maintenanceStatement(task, relation.kind, relation.name);
		const deed = {action: task, target: relation, statement};
		unwanted = false;
		const unwritten = await before(deed);
		if (unwritten) return {...unbegun, failure: unwritten};
		const begun = performance.now();
		if (unwanted || over) {
			after(deed, 'cancelled before it was begun', undefined, begun);
			return {...unbegun, outcome: 'cancelled', failure: undefined};
		}
		running = maintainer.begin(task, relation, (pid, sent) => {
			statement = sent;
			dispatch({type: 'maintenance-begun', pid});
		});
		const result = await running.ended;
		running = undefined;
		after({...deed, statement}, result.outcome, result.failure, begun);
		journal(statement, relation.name, result.outcome, result.failure, begun);
		return result;
	};

	const order = async (given: AdminCommand): Promise<Extract<Message, {type: 'admin-done'}>['result']> => {
		const statement = adminStatement(given);
		const deed = {action: given.kind, target: given, statement};
		const unwritten = await before(deed);
		if (unwritten) return {outcome: 'failed', failure: unwritten};
		const begun = performance.now();
		if (over) {
			after(deed, 'not done', leaving, begun);
			return {outcome: 'failed', failure: leaving};
		}
		const result = await errands.run(given);
		after(deed, result.outcome, result.failure, begun);
		journal(statement, adminName(given), result.outcome, result.failure, begun);
		return result;
	};

	return {
		perform: (effect, dispatch) => {
			switch (effect.type) {
				case 'signal':
					track(
						signal(effect.signal, effect.target).then(result =>
							dispatch({type: 'signalled', signal: effect.signal, target: effect.target, result}),
						),
					);
					return;
				case 'maintain':
					track(
						maintain(effect.maintenance, effect.relation, dispatch).then(result =>
							dispatch({type: 'maintenance-ended', maintenance: effect.maintenance, relation: effect.relation, result}),
						),
					);
					return;
				case 'admin':
					track(order(effect.command).then(result => dispatch({type: 'admin-done', command: effect.command, result})));
					return;
				case 'explain':
					explaining.begin(effect.request, dispatch);
					return;
				case 'abandon':
					explaining.abandon();
					return;
				case 'stop':
					unwanted = true;
					running?.cancel();
					return;
				default:
					effect satisfies never;
			}
		},
		seen: ({target, statement, outcome}) => {
			record({
				event: 'seen',
				action: 'effect',
				target: {name: target},
				statement,
				outcome,
				sqlstate: null,
				took_ms: null,
			});
		},
		stop: async () => {
			over = true;
			running?.cancel();
			await explaining.stop();
			while (pending.size > 0) await Promise.all(pending);
		},
	};
};

const leaving: Failure = {code: 'closed', message: 'Nothing was sent: pgtriage was left before that.'};

const unbegun = {outcome: 'failed', removed: null, kept: null, warnings: [], leftovers: [], tookMs: 0} as const;

const identityOf = ({
	pid,
	backend_start,
	backend_type,
	query_start,
	usename,
	datname,
	application_name,
	client_addr,
}: KnownTarget) => ({
	pid,
	backend_start,
	backend_type,
	query_start,
	usename,
	datname,
	application_name,
	client_addr,
});
