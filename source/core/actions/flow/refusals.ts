import {timeoutFor} from '../../sql/timeout.ts';
import {shortCount} from '../../values/units.ts';
import type {AdminCommand} from '../admin.ts';
import {leftOutGroups} from '../bulk-facts.ts';
import {type Maintenance, maintenanceName, quickVacuumAge, repackVersion} from '../maintenance.ts';
import {isSamePool, poolerRefusal} from '../pooler.ts';
import type {Signal} from '../signal.ts';
import {slotRefusal} from '../slot.ts';
import {leftOutOf, refusalOf} from '../target.ts';
import type {Situation} from './situation.ts';

/** Returns the reason why a key cannot act now, as a sentence; undefined if it can. */
export type Refusal = (situation: Situation) => string | undefined;

/** Refuses without a selected row. */
export const needsRow: Refusal = ({row}) => (row ? undefined : 'No row selected (press Up or Down)');

/** Refuses where nothing blocks the row, or where that is not known. */
export const needsRoot: Refusal = situation => {
	const {root} = situation;
	return needsRow(situation) ?? (typeof root === 'string' ? root : root ? undefined : 'Nothing blocks this row.');
};

/** Refuses on a frozen screen, and names the key that returns to live; `disabled` is the start of the sentence. */
const needsLive = ({frozen, rewound}: Situation, disabled: string): string | undefined => {
	if (rewound) return `Viewing the past: ${disabled} off. } = live`;
	return frozen ? `Screen frozen: ${disabled} off. p = live` : undefined;
};

/** Refuses to show the locks of a row that is neither a session nor a relation, or that of another moment. */
export const needsScope: Refusal = situation => {
	const why = situation.replay
		? 'A recording has no other locks than those it was made with.'
		: needsLive(situation, 'reading other locks is');
	if (why) return why;
	return (
		needsRow(situation) ??
		(situation.scope ? undefined : 'This row is not a session, a table or an index: :held TABLE shows its locks.')
	);
};

/** Refuses every action: disabled in this process, on a frozen screen, without a server that answers. */
const needsServer: Refusal = situation => {
	const {readOnly, live} = situation;
	if (readOnly) return readOnly;
	const refusal = needsLive(situation, 'actions are');
	if (refusal) return refusal;
	return live ? undefined : 'The server does not answer: actions are off until it does.';
};

/** Refuses a signal to the selected or tagged sessions. */
export const cannotSignal =
	(signal: Signal): Refusal =>
	situation => {
		const why = needsServer(situation);
		if (why) return why;
		const {tagged, targets} = situation;
		if (tagged === 0 && !situation.row) return needsRow(situation);
		if (targets.length === 0) return tagged > 0 ? 'No tagged session still exists.' : 'This row is not a session.';
		const [only] = targets;
		if (targets.length === 1 && only) return refusalOf(signal, only);
		if (targets.some(target => leftOutOf(signal, target) === undefined)) return undefined;
		const reasons = leftOutGroups(signal, targets).map(({reason, pids}) => `${pids.length} ${reason}`);
		return `Nothing to ${signal}: ${reasons.join('; ')}. U untags all; then choose one row.`;
	};

/** Refuses a maintenance command on the selected relation; the key of the running one cancels it. */
export const cannotMaintain =
	(command: Maintenance): Refusal =>
	situation => {
		const {maintenance: run, relation, version} = situation;
		const isOther = run && relation && (relation.of.oid !== run.relation.oid || relation.of.database !== run.relation.database);
		// Canceling our own maintenance is safe in every state of the connection.
		if (run?.maintenance === command && !isOther) return undefined;
		const why = needsServer(situation);
		if (why) return why;
		if (run) {
			const cancel = run.maintenance === 'vacuum' || run.maintenance === 'analyze' ? '; its key on that row cancels it' : '';
			return `One at a time: ${maintenanceName[run.maintenance]} of ${run.relation.name} is running${cancel}.`;
		}
		if (situation.role === 'standby') return `${maintenanceName[command]} runs on the primary; this server is a standby.`;
		if (!situation.row) return needsRow(situation);
		if (!relation) return 'This row is not a table or index: see panes Bloat and Indexes.';
		if (command === 'repack' && (version ?? 0) < repackVersion) return 'REPACK needs PostgreSQL 19 or later.';
		const age = relation.of.xid_age ?? null;
		if (command === 'vacuum-quick' && (age === null || age < quickVacuumAge))
			return `Only for a table close to wraparound: ${age === null ? 'its age is unknown' : `${relation.of.name} has an xid age of ${shortCount(age)}, it takes ${shortCount(quickVacuumAge)}`}.`;
		return command !== 'reindex' && relation.of.kind === 'index'
			? `${relation.of.name} is an index; ${maintenanceName[command]} works on its table.`
			: undefined;
	};

/** Refuses a measurement. It only reads, so it works with --read-only, but it needs a server. */
export const cannotMeasure: Refusal = situation => {
	const why = situation.replay ? situation.readOnly : needsLive(situation, 'measuring is');
	if (why) return why;
	if (!situation.live) return 'The server does not answer: nothing can be measured.';
	if (!situation.row) return needsRow(situation);
	const {measurement} = situation;
	if (measurement === undefined) return 'Only tables can be measured: see pane Bloat.';
	return typeof measurement === 'string' ? measurement : undefined;
};

/** Refuses EXPLAIN. It counts as an action, because planning runs code in the server. */
export const cannotExplain: Refusal = situation => {
	const why = needsServer(situation) ?? needsRow(situation);
	if (why) return why;
	const {subject} = situation;
	if (subject === undefined) return 'This row has no statement: see panes Sessions, Locks and Statements.';
	return typeof subject === 'string' ? subject : undefined;
};

/** Refuses an admin command. */
export const cannotAdminister =
	(kind: AdminCommand['kind']): Refusal =>
	situation => {
		const {pane, role, prepared, slot, entry, statistics, pooler, pausing} = situation;
		// To withdraw our own PAUSE is safe in every state of the server.
		if (kind === 'pooler-pause' && pausing && (!pooler || isSamePool(pooler.pool, pausing))) return undefined;
		const why = needsServer(situation);
		if (why) return why;
		switch (kind) {
			case 'reload':
				return pane.id === 'settings' ? undefined : 'Reload from :settings, which shows what would change.';
			case 'reset-statistics':
				return undefined;
			case 'rollback-prepared':
				if (role === 'standby') return 'Prepared transactions are rolled back on the primary; this server is a standby.';
				return needsRow(situation) ?? (prepared ? undefined : 'This row is not a prepared transaction.');
			case 'drop-slot': {
				const missing = needsRow(situation) ?? (slot ? undefined : 'This row is not a replication slot: see pane Replication.');
				return missing ?? (slot && slotRefusal(slot, role === 'standby'));
			}
			case 'reset-statement':
				return (
					needsRow(situation) ?? (entry ? undefined : 'This row is not an entry of pg_stat_statements: see pane Statements.')
				);
			case 'reset-statements':
				if (pane.id !== 'statements') return 'Reset from :statements, which shows what would be lost.';
				return statistics ? undefined : 'pg_stat_statements is not installed in this database.';
			case 'pooler-pause':
			case 'pooler-resume':
			case 'pooler-reconnect':
			case 'pooler-kill-client':
				if (pausing) return `One at a time: PAUSE ${pausing.database} still waits; PAUSE again cancels it.`;
				return (
					needsRow(situation) ??
					(pooler ? poolerRefusal(kind, pooler) : 'This row is not a pool or client of PgBouncer: see :pooler.')
				);
			default:
				return kind satisfies never;
		}
	};

/** Refuses to copy the timeout of a session. */
export const needsTimeout: Refusal = situation => {
	const {readOnly, targets} = situation;
	if (readOnly) return readOnly;
	const why = needsRow(situation);
	if (why) return why;
	const [target] = targets;
	if (!target) return 'This row is not a session.';
	return timeoutFor(target) ? undefined : `${target.pid} is ${target.state ?? 'in an unknown state'}: no timeout would end that.`;
};
