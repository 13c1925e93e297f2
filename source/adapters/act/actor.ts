import {type AdminCommand, type AdminResult, adminName, adminStatement} from '../../core/actions/admin.ts';
import {
	type Maintenance,
	type MaintenanceResult,
	maintenanceStatement,
	type RelationRef,
} from '../../core/actions/maintenance.ts';
import {isPoolerCommand} from '../../core/actions/pooler.ts';
import {type Signal, signalStatement} from '../../core/actions/signal.ts';
import type {KnownTarget} from '../../core/actions/target.ts';
import type {JournalEntry, Note} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {ActionEffect} from '../../core/state/effect.ts';
import type {Message, SignalResult} from '../../core/state/message.ts';
import type {Explainer} from '../explain/explainer.ts';
import type {PoolerAdmin} from '../pgbouncer/pooler-admin.ts';
import type {Admin} from './admin.ts';
import type {Audit} from './audit.ts';
import {createAudited} from './audited.ts';
import {createExplaining} from './explaining.ts';
import type {Maintainer, Running} from './maintainer.ts';
import type {Signaller} from './signaller.ts';

/** Carries out confirmed actions on the server; nothing is sent before it is in the audit. */
export type Actor = {
	readonly perform: (effect: ActionEffect, dispatch: (message: Message) => void) => void;
	/** Records the effect of an action that a later sample shows. */
	readonly seen: (entry: JournalEntry) => void;
	/** Cancels the maintenance under way, starts nothing else, and waits until the audit has every entry. */
	readonly stop: () => Promise<void>;
};

type Means = {
	readonly signaller: Signaller;
	readonly maintainer: Maintainer;
	readonly admin: Admin;
	/** Absent without --pgbouncer. */
	readonly poolerAdmin?: PoolerAdmin | undefined;
	readonly explainer: Explainer;
	readonly audit: Audit;
	readonly note: Note;
};

const noPooler: Failure = {code: 'no_pgbouncer', message: 'Nothing was sent: no PgBouncer is named.', hint: 'Use --pgbouncer.'};
const leaving: Failure = {code: 'closed', message: 'Nothing was sent: pgtriage is exiting.'};

/** Creates an actor. */
export const createActor = ({signaller, maintainer, admin, poolerAdmin, explainer, audit, note}: Means): Actor => {
	const audited = createAudited(audit, note);
	const explaining = createExplaining(explainer, audited);
	const maintaining = createMaintaining(maintainer, audited.run);
	const pending = new Set<Promise<unknown>>();
	let over = false;

	const track = (work: Promise<unknown>): void => {
		pending.add(work);
		void work.finally(() => pending.delete(work));
	};

	const signal = (kind: Signal, target: KnownTarget): Promise<SignalResult> =>
		audited.run<SignalResult>({
			action: kind,
			target: identityOf(target),
			statement: signalStatement(kind),
			refused: failure => ({outcome: 'failed', failure}),
			skipped: () => (over ? {audited: 'not sent', result: {outcome: 'failed', failure: leaving}} : undefined),
			run: () => signaller.send(kind, target),
		});

	const administer = createAdministering({admin, poolerAdmin, audited, isOver: () => over});

	return {
		perform: (effect, dispatch) => {
			switch (effect.type) {
				case 'signal': {
					const {signal: kind, target} = effect;
					return track(signal(kind, target).then(result => dispatch({type: 'signalled', signal: kind, target, result})));
				}
				case 'maintain': {
					const {maintenance, relation} = effect;
					return track(
						maintaining
							.run(maintenance, relation, pid => dispatch({type: 'maintenance-begun', pid}))
							.then(result => dispatch({type: 'maintenance-ended', maintenance, relation, result})),
					);
				}
				case 'admin': {
					const {command} = effect;
					return track(administer(command).then(result => dispatch({type: 'admin-done', command, result})));
				}
				case 'explain':
					return explaining.begin(effect.request, dispatch);
				case 'abandon':
					return explaining.abandon();
				case 'stop':
					return maintaining.cancel();
				case 'withdraw':
					return poolerAdmin?.withdraw();
				default:
					effect satisfies never;
			}
		},
		seen: ({target, statement, outcome}) => audited.effectSeen({target: target ?? '', statement, outcome}),
		stop: async () => {
			over = true;
			maintaining.close();
			poolerAdmin?.withdraw();
			await explaining.stop();
			while (pending.size > 0) await Promise.all(pending);
			await audited.written();
		},
	};
};

type Administering = Pick<Means, 'admin' | 'poolerAdmin'> & {
	readonly audited: ReturnType<typeof createAudited>;
	readonly isOver: () => boolean;
};

/** Sends admin commands, each to the server or to the PgBouncer it is for. */
const createAdministering =
	({admin, poolerAdmin, audited, isOver}: Administering) =>
	async (command: AdminCommand): Promise<AdminResult> => {
		const statement = adminStatement(command);
		const result = await audited.run<AdminResult>({
			action: command.kind,
			target: command,
			statement,
			journalTarget: adminName(command),
			refused: failure => ({outcome: 'failed', failure}),
			skipped: () => (isOver() ? {audited: 'not done', result: {outcome: 'failed', failure: leaving}} : undefined),
			run: async sent => {
				if (!isPoolerCommand(command)) return admin.run(command);
				return (await poolerAdmin?.run(command, sent)) ?? {outcome: 'failed', failure: noPooler};
			},
		});
		const {effect} = result;
		if (effect !== undefined) audited.effectSeen({target: adminName(command), statement, outcome: effect});
		return result;
	};

type Maintaining = {
	/** Runs one maintenance command; `onBegun` gets the pid of its backend. */
	readonly run: (
		maintenance: Maintenance,
		relation: RelationRef,
		onBegun: (pid: number | undefined) => void,
	) => Promise<MaintenanceResult>;
	readonly cancel: () => void;
	/** Cancels the command under way and starts nothing else. */
	readonly close: () => void;
};

const createMaintaining = (maintainer: Maintainer, audited: ReturnType<typeof createAudited>['run']): Maintaining => {
	let running: Running | undefined;
	// A command can be cancelled before it starts, while the audit is being written.
	let cancelled = false;
	let over = false;
	return {
		run: (maintenance, relation, onBegun) => {
			cancelled = false;
			return audited<MaintenanceResult>({
				action: maintenance,
				target: relation,
				statement: maintenanceStatement(maintenance, relation.kind, relation.name),
				journalTarget: relation.name,
				detailOf: detailOfMaintenance,
				refused: failure => ({...notStarted, failure}),
				skipped: () =>
					cancelled || over
						? {audited: 'cancelled before it was begun', result: {...notStarted, outcome: 'cancelled', failure: undefined}}
						: undefined,
				run: async sent => {
					running = maintainer.begin(maintenance, relation, (pid, statement) => {
						sent(statement);
						onBegun(pid);
					});
					const result = await running.ended;
					running = undefined;
					return result;
				},
			});
		},
		cancel: () => {
			cancelled = true;
			running?.cancel();
		},
		close: () => {
			over = true;
			running?.cancel();
		},
	};
};

/** Result of maintenance in the journal: its counts, then the report of the server. */
const detailOfMaintenance = ({removed, kept, warnings, leftovers, report = []}: MaintenanceResult): string => {
	const parts = [
		...(removed === null ? [] : [`${removed} dead rows removed, ${kept ?? 0} not yet removable`]),
		...(warnings.length === 0 ? [] : [`${warnings.length} warnings`]),
		...(leftovers.length === 0 ? [] : [`invalid indexes left: ${leftovers.join(', ')}`]),
	];
	const counts = parts.length === 0 ? '' : `: ${parts.join('; ')}`;
	return report.length === 0 ? counts : `${counts}\n${report.join('\n')}`;
};

const notStarted = {outcome: 'failed', removed: null, kept: null, warnings: [], leftovers: [], tookMs: 0} as const;

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
