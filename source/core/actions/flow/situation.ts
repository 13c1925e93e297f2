import type {ExplainSubject} from '../../explain/request.ts';
import type {Described, Pane, RowRef} from '../../pane/pane.ts';
import type {Measurement} from '../../sample/measurement.ts';
import {remembered} from '../../sample/remembered.ts';
import type {LockScope} from '../../sample/scope.ts';
import {paneState} from '../../state/pane-state.ts';
import {type PaneRow, referredRow} from '../../state/referred.ts';
import type {Registry} from '../../state/registry.ts';
import type {ServerRole, State} from '../../state/state.ts';
import {cursorRow, type View, viewOf} from '../../state/view.ts';
import type {Prepared, StatementEntry, StatementStatistics} from '../admin.ts';
import type {MaintenanceRun, RelationRef} from '../maintenance.ts';
import type {PoolerRef, PoolRef} from '../pooler.ts';
import type {SlotRef} from '../slot.ts';
import type {Target} from '../target.ts';
import {targetsAmong} from './selection.ts';

/** The facts that decide which keys can act now, and on what. */
export type Situation = {
	readonly pane: Pane;
	readonly row: boolean;
	readonly tagged: number;
	/** True if the pane has a filter. */
	readonly filtered: boolean;
	/** Backends of the tagged rows, else of the cursor's row. */
	readonly targets: readonly Target[];
	/** Row that `b` goes to, or the reason why it is unknown. */
	readonly root: RowRef | string | undefined;
	/** Rows that the cursor's row consists of, which Enter shows. */
	readonly drill: RowRef | undefined;
	/** Server of the fleet that Enter moves to. */
	readonly server: string | undefined;
	/** Table or index of the row, and its description. */
	readonly relation: Described<RelationRef> | undefined;
	readonly prepared: Prepared | undefined;
	/** Replication slot of the row. */
	readonly slot: SlotRef | undefined;
	/** Entry of pg_stat_statements of the row. */
	readonly entry: StatementEntry | undefined;
	/** pg_stat_statements of our database. */
	readonly statistics: StatementStatistics | undefined;
	/** Pool or client of PgBouncer of the row. */
	readonly pooler: PoolerRef | undefined;
	/** Database whose PAUSE by this process still waits. */
	readonly pausing: PoolRef | undefined;
	/** Session or relation of the row, whose locks `l` shows. */
	readonly scope: LockScope | undefined;
	/** Measurement that `.` starts on the row, or the reason why it cannot. */
	readonly measurement: Measurement | string | undefined;
	/** Statement of the row, or the reason why it cannot be explained. */
	readonly subject: ExplainSubject | string | undefined;
	readonly maintenance: MaintenanceRun | undefined;
	readonly role: ServerRole | undefined;
	/** Version of the server as in server_version_num. */
	readonly version: number | undefined;
	/** True if the pane shows a column. */
	readonly shows: (column: string) => boolean;
	readonly readOnly: string | undefined;
	readonly frozen: boolean;
	/** True while an earlier moment is shown. */
	readonly rewound: boolean;
	/** True for a recording, which has no live moment. */
	readonly replay: boolean;
	/** True while samples arrive. */
	readonly live: boolean;
};

/** Backends of the tagged rows that still exist, else of the cursor's row; a leader whose workers are tagged comes once. */
const targetsOf = remembered((registry: Registry, view: View, tagged: ReadonlySet<string>): readonly Target[] => {
	const {pane, sample, past, rows, cursor, gone} = view;
	if (!sample) return [];
	const selected = gone ? undefined : rows[cursor];
	const chosen =
		tagged.size > 0 ? pane.rows(sample, past).filter(row => tagged.has(pane.identity(row))) : selected ? [selected] : [];
	return [...targetsAmong(registry, pane, chosen, sample, past).values()];
});

const scopeOf = ({pane, row, sample}: PaneRow): LockScope | undefined => {
	const relation = pane.relation(row, sample)?.of;
	if (relation) return {kind: 'relation', oid: relation.oid, name: relation.name};
	const target = pane.target(row, sample);
	return target && {kind: 'session', pid: target.pid};
};

const noTags: ReadonlySet<string> = new Set();

/** The situation in a state. */
export const situationOf = (registry: Registry, state: State): Situation => {
	const view = viewOf(registry, state);
	const {pane, sample} = view;
	const row = cursorRow(view);
	const referred = row && sample ? referredRow(registry, pane, row, sample, view.past) : undefined;
	// On the page of a row, only that row counts.
	const tagged = state.overlay?.kind === 'inspect' ? noTags : paneState(state).tagged;
	return {
		pane,
		row: row !== undefined && !view.gone,
		tagged: tagged.size,
		filtered: paneState(state).filter !== '',
		targets: targetsOf(registry, view, tagged).map(target =>
			target.pid === state.maintenance?.pid ? {...target, own: true} : target,
		),
		root: (row && pane.leads(row)) ?? referred?.pane.root(referred.row, referred.sample),
		drill: row && pane.drill(row),
		server: row && !view.gone ? pane.server(row) : undefined,
		relation: referred?.pane.relation(referred.row, referred.sample),
		prepared: referred?.pane.prepared(referred.row, referred.sample),
		slot: referred?.pane.slot(referred.row, referred.sample),
		entry: referred?.pane.entry(referred.row, referred.sample),
		statistics: sample && registry.statistics(sample),
		pooler: referred?.pane.pooler(referred.row, referred.sample),
		pausing: state.pausing,
		scope: referred && scopeOf(referred),
		measurement: referred?.pane.measurement(referred.row, referred.sample),
		subject: referred?.pane.subject(referred.row, referred.sample),
		maintenance: state.maintenance,
		role: sample && registry.role(sample),
		version: sample && registry.version(sample),
		shows: name => sample !== undefined && pane.columns.some(({id, present}) => id === name && present(sample)),
		readOnly: state.readOnly,
		frozen: state.frozen !== undefined,
		rewound: state.frozen?.rewound ?? false,
		replay: state.replay !== undefined,
		live: state.link.state === 'ready' && state.staleMs === 0,
	};
};
