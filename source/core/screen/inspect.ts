import {columnsFor} from '../pane/pane.ts';
import type {Row} from '../sample/sample.ts';
import type {Overlay} from '../state/state.ts';
import type {View} from '../state/view.ts';
import {type Line, line, span, wrap} from '../text/line.ts';

const leastIndent = 22;

/** The page of one row: what the pane says of it, then every column that is known, whether or not the screen had room for it. */
export const inspectLines = (view: View, page: Extract<Overlay, {kind: 'inspect'}>, width: number): readonly Line[] => {
	const {sample} = view;
	if (!sample) return [];
	const now: Row | undefined = view.pane.rows(sample, view.past).find(row => view.pane.identity(row) === page.identity);
	const row = now ?? page.row;
	const absent =
		sample.seq < page.seq
			? 'It was not there at this moment; this is how it was seen later.'
			: 'It has ended; this is how it was last seen.';
	const gone = now ? [] : [line(absent, 'danger'), []];
	// What nothing tells of leaves its room to the others, here as in the table.
	const columns = columnsFor(view.pane, row).filter(({present, value}) => present(sample) || value(row, view.now) !== null);
	const indent = Math.max(leastIndent, ...columns.map(({id}) => id.length + 2));
	const fields = columns.flatMap(column => {
		const value = column.value(row, view.now);
		if (value === null || column.width.grow) return [];
		// In full: neither a time of day nor a mark of the table's.
		const shown = column.kind === 'instant' || column.kind === 'number' ? String(value) : column.format(value, row);
		if (shown === '') return [];
		return wrap(shown, width - indent - 2).map(
			(text, index): Line => [span((index === 0 ? column.id : '').padEnd(indent), 'dim'), span(text, column.tone(value, row))],
		);
	});
	return [...gone, ...view.pane.inspect(row, sample, width, view.past), [], line('Fields', 'strong'), ...fields];
};
