import type {Past} from '../history/past.ts';
import type {Pane} from '../pane/pane.ts';
import type {Row, Sample} from '../sample/sample.ts';
import type {Registry} from './registry.ts';
import type {State} from './state.ts';
import {cursorRow, viewOf} from './view.ts';

/** A row and the pane that declares it. */
export type PaneRow = {readonly pane: Pane; readonly row: Row; readonly sample: Sample};

/** The row of another pane that a row refers to, if it still exists, else the row itself. */
export const referredRow = (registry: Pick<Registry, 'pane'>, pane: Pane, row: Row, sample: Sample, past: Past): PaneRow => {
	const ref = pane.leads(row);
	const other = ref && registry.pane(ref.pane);
	const referred = other?.rows(sample, past).find(each => other.identity(each) === ref?.identity);
	return other && referred ? {pane: other, row: referred, sample} : {pane, row, sample};
};

/**
 * Pid of the session whose details are on the screen, in the panel under the table or on its page, and whose locks are therefore read;
 * undefined without one, and at an earlier moment.
 */
export const detailedSession = (registry: Registry, state: State): number | undefined => {
	const {options, overlay, frozen, replay} = state;
	const isShown = options.details || overlay?.kind === 'inspect';
	if (!isShown || frozen || replay) return undefined;
	const view = viewOf(registry, state);
	const row = cursorRow(view);
	if (!row || view.gone || !view.sample) return undefined;
	const referred = referredRow(registry, view.pane, row, view.sample, view.past);
	return referred.pane.target(referred.row, referred.sample)?.pid;
};
