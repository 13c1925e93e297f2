import type {Past} from '../../history/past.ts';
import {parseFilter} from '../../pane/filter.ts';
import type {Pane} from '../../pane/pane.ts';
import {remembered} from '../../sample/remembered.ts';
import type {Row, Sample} from '../../sample/sample.ts';
import type {Registry} from '../../state/registry.ts';
import type {Target} from '../target.ts';

/** A row and the pane that declares it. */
export type PaneRow = {readonly pane: Pane; readonly row: Row; readonly sample: Sample};

/** The row of another pane that a row refers to, if it still exists, else the row itself. */
export const referredRow = (registry: Pick<Registry, 'pane'>, pane: Pane, row: Row, sample: Sample, past: Past): PaneRow => {
	const ref = pane.leads(row);
	const other = ref && registry.pane(ref.pane);
	const referred = other?.rows(sample, past).find(each => other.identity(each) === ref?.identity);
	return other && referred ? {pane: other, row: referred, sample} : {pane, row, sample};
};

/** Backends of rows of a pane, by pid; a leader comes once, whichever of its workers are among them. */
export const targetsAmong = (
	registry: Pick<Registry, 'pane'>,
	pane: Pane,
	rows: readonly Row[],
	sample: Sample,
	past: Past,
): ReadonlyMap<number, Target> => {
	const targets = rows.flatMap(each => {
		const {pane: other, row} = referredRow(registry, pane, each, sample, past);
		return other.target(row, sample) ?? [];
	});
	return new Map(targets.map(target => [target.pid, target]));
};

/** Backends of the rows of a pane that pass a filter in a sample, by pid. */
export const matchingTargets = remembered(
	(registry: Pick<Registry, 'pane'>, paneId: string, filter: string, sample: Sample, past: Past): ReadonlyMap<number, Target> => {
		const pane = registry.pane(paneId);
		const parsed = parseFilter(filter, pane.columns);
		const rows = pane.rows(sample, past).filter(row => !parsed.ok || parsed.test(row, sample.at));
		return targetsAmong(registry, pane, rows, sample, past);
	},
);
