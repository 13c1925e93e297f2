import type {Row} from '../sample/sample.ts';
import {clean} from '../text/clean.ts';
import type {Instant} from '../values/instant.ts';
import type {Pane} from './pane.ts';

/** Cells of a row as clean text, raw or as shown on the screen; empty if unknown. */
export const cellsOf = (pane: Pane, row: Row, at: Instant, written: 'raw' | 'shown'): readonly string[] =>
	pane.columns.map(column => {
		const value = column.value(row, at);
		if (value === null) return '';
		return clean(written === 'shown' ? column.format(value, row) : Array.isArray(value) ? value.join(' ') : String(value));
	});

// Spreadsheets run a cell that begins like a formula; a leading quote makes it text.
const cellOf = (text: string): string => {
	const safe = /^[=+@]|^-(?!\d+(?:\.\d+)?(?:e[+-]?\d+)?$)/.test(text) ? `'${text}` : text;
	return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Rows of a pane as CSV with a header and all columns; `at` gives the time at which a row is shown. */
export const csvOf = (pane: Pane, rows: readonly Row[], at: (row: Row) => Instant): string =>
	[pane.columns.map(({id}) => id), ...rows.map(row => cellsOf(pane, row, at(row), 'raw'))]
		.map(cells => cells.map(cellOf).join(','))
		.join('\n');
