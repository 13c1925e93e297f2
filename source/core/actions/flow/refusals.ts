import type {AdminCommand} from '../admin.ts';
import {type Maintenance, maintenanceName} from '../maintenance.ts';
import type {Signal} from '../signal.ts';
import {maxTargets, refusalOf} from '../target.ts';
import type {Situation} from './situation.ts';

/** Why a key cannot act now, as a sentence; undefined where it can. */
export type Refusal = (situation: Situation) => string | undefined;

/** Where a row has to be chosen first. */
export const needsRow: Refusal = ({row}) => (row ? undefined : 'Choose a row first: Up or Down engages the cursor.');

/** That the screen does not show what is now, and which key does, where what is wanted can be done. */
const isHeld = ({frozen, rewound}: Situation, can: string): string | undefined => {
	if (rewound) return `The screen shows the past: } goes back to live, where ${can}.`;
	return frozen ? `The screen is frozen: p goes back to live, where ${can}.` : undefined;
};

/** What stands against every action: no action in this process, a screen that is held, a server that does not answer. */
const needsServer: Refusal = situation => {
	const {readOnly, live} = situation;
	if (readOnly) return readOnly;
	const held = isHeld(situation, 'what is meant can be checked');
	if (held) return held;
	return live ? undefined : 'The server does not answer: nothing is sent until it is seen again.';
};

/** Why a signal cannot be sent to what is chosen or tagged. */
export const cannotSignal =
	(signal: Signal): Refusal =>
	situation => {
		const why = needsServer(situation);
		if (why) return why;
		if (situation.tagged > maxTargets)
			return `${situation.tagged} rows are tagged, and at most ${maxTargets} are signalled at once: U untags all.`;
		if (situation.tagged === 0 && !situation.row) return needsRow(situation);
		const refusals = situation.targets.map(target => refusalOf(signal, target));
		if (refusals.length === 0)
			return situation.tagged > 0 ? 'No tagged row is a session that is still there.' : 'This row is no session.';
		return refusals.every(refusal => refusal !== undefined) ? refusals[0] : undefined;
	};

/** Why a task cannot be begun on what is chosen; the task that is under way is stopped by its own key. */
export const cannotMaintain =
	(task: Maintenance): Refusal =>
	situation => {
		const {maintenance: job, relation} = situation;
		const isAnother = job && relation && (relation.of.oid !== job.relation.oid || relation.of.database !== job.relation.database);
		// To stop what we began is safe, whatever is seen of the server.
		if (job?.maintenance === task && !isAnother) return undefined;
		const why = needsServer(situation);
		if (why) return why;
		if (job)
			return `One at a time: ${maintenanceName[job.maintenance]} of ${job.relation.name} is under way${job.maintenance === 'reindex' ? '' : `, and its own key on that row cancels it`}.`;
		if (situation.role === 'standby') return `${maintenanceName[task]} is done on the primary: this server is a standby.`;
		if (!situation.row) return needsRow(situation);
		if (!relation) return 'This row is no table and no index: the panes Bloat and Indexes list them.';
		return task !== 'reindex' && relation.of.kind === 'index'
			? `${relation.of.name} is an index: ${maintenanceName[task]} is for its table.`
			: undefined;
	};

/** Why nothing can be measured: it changes nothing, so that it is there with --read-only, but it needs a server. */
export const cannotMeasure: Refusal = situation => {
	const held = situation.replay ? situation.readOnly : isHeld(situation, 'a table can be measured');
	if (held) return held;
	if (!situation.live) return 'There is no server that answers: nothing can be measured.';
	if (!situation.row) return needsRow(situation);
	const {measurement} = situation;
	if (measurement === undefined) return 'Only tables are measured: the pane Bloat lists them.';
	return typeof measurement === 'string' ? measurement : undefined;
};

/** Why a statement cannot be explained: planning it runs code in the server, so that it is among the actions. */
export const cannotExplain: Refusal = situation => {
	const why = needsServer(situation) ?? needsRow(situation);
	if (why) return why;
	const {subject} = situation;
	if (subject === undefined) return 'This row has no statement: the panes Sessions, Locks and Statements have.';
	return typeof subject === 'string' ? subject : undefined;
};

/** Why an order cannot be given. */
export const cannotAdminister =
	(kind: AdminCommand['kind']): Refusal =>
	situation => {
		const why = needsServer(situation);
		if (why) return why;
		if (kind === 'reload' && situation.pane.id !== 'settings')
			return 'A reload is asked for in :settings, which shows what it would change.';
		if (kind !== 'rollback-prepared') return undefined;
		if (situation.role === 'standby') return 'Prepared transactions are ended on the primary: this server is a standby.';
		return needsRow(situation) ?? (situation.prepared ? undefined : 'This row is no prepared transaction.');
	};
