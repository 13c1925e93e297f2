import type {Past} from '../../history/past.ts';
import {parseFilter} from '../../pane/filter.ts';
import type {Pane} from '../../pane/pane.ts';
import {remembered} from '../../sample/remembered.ts';
import type {Row, Sample} from '../../sample/sample.ts';
import {referredRow} from '../../state/referred.ts';
import type {Registry} from '../../state/registry.ts';
import type {Target} from '../target.ts';

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
