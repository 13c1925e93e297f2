import {csvOf} from '../pane/csv.ts';
import {rowJson} from '../pane/json.ts';
import {jsonLine} from '../recording/lines.ts';
import type {Sample} from '../sample/sample.ts';
import type {SavedFile} from '../state/effect.ts';
import {rowInstant, type View} from '../state/view.ts';
import type {Instant} from '../values/instant.ts';

/** Timestamp in a file name: `20261122T143000`. */
export const stampOf = (at: Instant): string => at.slice(0, 19).replaceAll(/[-:]/g, '');

/**
 * Files with the shown rows of a pane, filtered and sorted, as JSON in the format of `--once` and as CSV, both with all columns.
 * Undefined before the first sample.
 */
export const paneFiles = (view: View): readonly SavedFile[] | undefined => {
	const {pane, sample, rows, failure, hidden} = view;
	if (!sample) return undefined;
	const name = `pgtriage-${pane.id}-${stampOf(sample.at)}`;
	const at = (row: (typeof rows)[number]): Instant => rowInstant(view, row);
	const result = failure
		? {ok: false, error: failure}
		: {ok: true, rows: rows.map(row => rowJson(pane, row, at(row))), ...(hidden && {hidden})};
	return [
		{
			name: `${name}.json`,
			text: `${jsonLine({pgtriage: 1, at: sample.at, server: serverOf(sample), panes: {[pane.id]: result}})}\n`,
		},
		{name: `${name}.csv`, text: `${csvOf(pane, rows, at)}\n`},
	];
};

const serverOf = ({results: {facts}}: Sample): unknown => (facts?.ok ? (facts.rows[0] ?? null) : null);
