import type {ExplainSubject} from '../../explain/request.ts';
import type {Described, Pane, RowRef} from '../../pane/pane.ts';
import type {Measurement} from '../../sample/measurement.ts';
import type {Row, Sample} from '../../sample/sample.ts';
import {paneState} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {ServerRole, State} from '../../state/state.ts';
import {cursorRow, type View, viewOf} from '../../state/view.ts';
import type {Prepared} from '../admin.ts';
import type {MaintenanceRun, RelationRef} from '../maintenance.ts';
import {maxTargets, type Target} from '../target.ts';

/** What a binding may look at to say why it cannot act now. */
export type Situation = {
	readonly pane: Pane;
	readonly row: boolean;
	readonly tagged: number;
	/** The backends that are meant: those of the tagged rows, else the cursor's; none where too many are tagged. */
	readonly targets: readonly Target[];
	readonly root: RowRef | undefined;
	/** The table or the index of the row, and what is known of it. */
	readonly relation: Described<RelationRef> | undefined;
	readonly prepared: Prepared | undefined;
	/** What `.` measures of the row, or why it cannot. */
	readonly measurement: Measurement | string | undefined;
	/** The statement of the row, or why it cannot be explained. */
	readonly subject: ExplainSubject | string | undefined;
	readonly maintenance: MaintenanceRun | undefined;
	readonly role: ServerRole | undefined;
	/** Whether the pane shows a column at all. */
	readonly shows: (column: string) => boolean;
	readonly readOnly: string | undefined;
	readonly frozen: boolean;
	/** A moment is shown that was gone back to. */
	readonly rewound: boolean;
	/** A recording is shown, of which there is no live. */
	readonly replay: boolean;
	/** Samples come: what is seen is what is. */
	readonly live: boolean;
};

/** A row and the pane that knows what it is. */
type Meant = {readonly pane: Pane; readonly row: Row; readonly sample: Sample};

/** What is meant by a row: the row of another pane that it stands for, where that is still there, or itself. */
const meantBy = ({panes}: Registry, {pane, past}: View, row: Row, sample: Sample): Meant => {
	const place = pane.leads(row);
	const there = place && panes.find(({id}) => id === place.pane);
	const found = there?.rows(sample, past).find(each => there.identity(each) === place?.identity);
	return there && found ? {pane: there, row: found, sample} : {pane, row, sample};
};

/** The backends of the tagged rows that are there, or of the cursor's; a leader whose workers are tagged comes once. */
const targetsOf = (registry: Registry, seen: View, tagged: ReadonlySet<string>): readonly Target[] => {
	const {pane, sample, past, rows, cursor, gone} = seen;
	if (!sample || tagged.size > maxTargets) return [];
	const pointed = gone ? undefined : rows[cursor];
	const meant =
		tagged.size > 0 ? pane.rows(sample, past).filter(row => tagged.has(pane.identity(row))) : pointed ? [pointed] : [];
	const targets = meant.flatMap(each => {
		const {pane: there, row} = meantBy(registry, seen, each, sample);
		return there.target(row, sample) ?? [];
	});
	return [...new Map(targets.map(target => [target.pid, target])).values()];
};

/** How things stand for whatever a key may do. */
export const situationOf = (registry: Registry, state: State): Situation => {
	const seen = viewOf(registry.panes, state);
	const {pane, sample} = seen;
	const row = cursorRow(seen);
	const pointed = row && sample ? meantBy(registry, seen, row, sample) : undefined;
	// Whoever looks at one row on its page means that row.
	const tagged: ReadonlySet<string> = state.overlay?.kind === 'inspect' ? new Set() : paneState(state).tagged;
	return {
		pane,
		row: row !== undefined && !seen.gone,
		tagged: tagged.size,
		targets: targetsOf(registry, seen, tagged).map(target =>
			target.pid === state.maintenance?.pid ? {...target, own: true} : target,
		),
		root: (row && pane.leads(row)) ?? pointed?.pane.root(pointed.row, pointed.sample),
		relation: pointed?.pane.relation(pointed.row, pointed.sample),
		prepared: pointed?.pane.prepared(pointed.row, pointed.sample),
		measurement: pointed?.pane.measurement(pointed.row, pointed.sample),
		subject: pointed?.pane.subject(pointed.row, pointed.sample),
		maintenance: state.maintenance,
		role: sample && registry.role(sample),
		shows: name => sample !== undefined && pane.columns.some(({id, present}) => id === name && present(sample)),
		readOnly: state.readOnly,
		frozen: state.frozen !== undefined,
		rewound: state.frozen?.rewound ?? false,
		replay: state.replay !== undefined,
		live: state.link.state === 'ready' && state.staleMs === 0,
	};
};
