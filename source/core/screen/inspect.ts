import type {Column} from '../pane/column.ts';
import {columnsFor} from '../pane/pane.ts';
import type {Row} from '../sample/sample.ts';
import type {Overlay} from '../state/state.ts';
import type {View} from '../state/view.ts';
import {type Line, line, span, wrap} from '../text/line.ts';

const minIndent = 22;

/** Name of a column in words: its JSON name without the unit, which the value has. */
const wordsOf = ({id}: Column): string => id.replace(/_(seconds|bytes)$/, '').replaceAll('_', ' ');

/** A number in full, or to four digits if it has a fraction. */
const whole = (value: number): string =>
	Number.isInteger(value) ? String(value) : String(Math.abs(value) < 1000 ? Number(value.toPrecision(4)) : Math.round(value));

/** The page of a row: the pane's own text, then every column with a value. */
export const inspectLines = (view: View, page: Extract<Overlay, {kind: 'inspect'}>, width: number): readonly Line[] => {
	const {sample} = view;
	if (!sample) return [];
	const current: Row | undefined = view.pane.rows(sample, view.past).find(row => view.pane.identity(row) === page.identity);
	const row = current ?? page.row;
	const absent = sample.seq < page.seq ? 'Not present at this moment: shown as seen later.' : 'Ended: shown as last seen.';
	const gone = current ? [] : [line(absent, 'danger'), []];
	// As in the table, columns without any data are left out.
	const columns = columnsFor(view.pane, row).filter(({present, value}) => present(sample) || value(row, view.now) !== null);
	const indent = Math.max(minIndent, ...columns.map(column => wordsOf(column).length + 2));
	const fields = columns.flatMap(column => {
		const value = column.value(row, view.now);
		if (value === null || column.width.grow) return [];
		// The full value, without the abbreviations of the table.
		const text =
			typeof value === 'number' && column.kind === 'number'
				? whole(value)
				: column.kind === 'instant'
					? String(value)
					: column.format(value, row);
		if (text === '') return [];
		return wrap(text, width - indent - 2).map(
			(part, index): Line => [
				span((index === 0 ? wordsOf(column) : '').padEnd(indent), 'dim'),
				span(part, column.tone(value, row)),
			],
		);
	});
	return [...gone, ...view.pane.inspect(row, sample, width, view.past), [], line('Fields', 'strong'), ...fields];
};
