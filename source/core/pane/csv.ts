import type {Row} from '../sample/sample.ts';
import {clean} from '../text/clean.ts';
import type {Instant} from '../values/instant.ts';
import type {Pane} from './pane.ts';

/** The values of a row of a pane as clean text, as they are or as a person is shown them; empty where one is unknown. */
export const cellsOf = (pane: Pane, row: Row, at: Instant, written: 'raw' | 'shown'): readonly string[] =>
	pane.columns.map(column => {
		const value = column.value(row, at);
		if (value === null) return '';
		return clean(written === 'shown' ? column.format(value, row) : Array.isArray(value) ? value.join(' ') : String(value));
	});

// A cell that begins like a formula is run by spreadsheets; a leading quote makes it text.
const cellOf = (text: string): string => {
	const safe = /^[=+@]|^-(?!\d+(?:\.\d+)?(?:e[+-]?\d+)?$)/.test(text) ? `'${text}` : text;
	return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Rows of a pane as CSV with all its columns, below their names; each row is told as of a moment. */
export const csvOf = (pane: Pane, rows: readonly Row[], at: (row: Row) => Instant): string =>
	[pane.columns.map(({id}) => id), ...rows.map(row => cellsOf(pane, row, at(row), 'raw'))]
		.map(cells => cells.map(cellOf).join(','))
		.join('\n');
