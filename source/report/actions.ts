import type {Instant} from '../core/values/instant.ts';
import {rowsOf} from '../panes/reading/answers.ts';
import {type JournalRow, journal} from '../queries/beside/journal.ts';
import type {ReportedAction} from './report.ts';
import type {Step} from './step.ts';

type Seen = {readonly at: Instant; readonly row: JournalRow};

/** Collects actions and their effects from the journal in samples. */
export const collectActions = () => {
	const seen = new Map<string, Seen>();
	let last: readonly JournalRow[] = [];
	let first: Instant | undefined;

	const addStep = ({sample}: Step): void => {
		first ??= sample.at;
		const rows = rowsOf(sample, journal);
		if (rows === last) return;
		last = rows;
		for (const row of rows) {
			if (row.kind !== 'action' && row.kind !== 'effect') continue;
			const at = row.at ?? sample.at;
			// A run that continues a recording restarts the numbers of its journal.
			const name = `${row.number} ${row.kind} ${row.target} ${row.outcome}`;
			if (at >= first && !seen.has(name)) seen.set(name, {at, row});
		}
	};

	const result = (): readonly ReportedAction[] => {
		const inOrder = [...seen.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.row.number - b.row.number));
		const actions: (ReportedAction & {readonly effects: ReportedAction['effects'][number][]})[] = [];
		for (const {at, row} of inOrder) {
			const cause = row.kind === 'effect' ? actions.findLast(({target}) => isOf(target, row.target)) : undefined;
			if (cause) cause.effects.push({at, outcome: row.outcome});
			else actions.push({at, target: row.target, statement: row.statement, outcome: row.outcome, effects: []});
		}
		return actions;
	};
	return {addStep, result};
};

/** True if an effect belongs to an action: its target is a shorter form of the target of the action. */
const isOf = (action: string | null, effect: string | null): boolean =>
	action !== null && effect !== null && (action === effect || action.startsWith(`${effect} of `));
