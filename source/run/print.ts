import type {Past} from '../core/history/past.ts';
import {cellsOf, csvOf} from '../core/pane/csv.ts';
import {type Filter, parseFilter} from '../core/pane/filter.ts';
import {chosenRows, paneJson, unreadOf} from '../core/pane/json.ts';
import type {Pane, Sort} from '../core/pane/pane.ts';
import {jsonLine} from '../core/recording/lines.ts';
import type {Row, Sample} from '../core/sample/sample.ts';
import type {Registry} from '../core/state/registry.ts';
import {clean, toWidth, widthOf} from '../core/text/clean.ts';
import {UserError} from '../core/values/errors.ts';
import type {Limits} from '../findings/thresholds.ts';
import {registry, registryWith} from '../panes/index.ts';
import {factsOf} from '../panes/reading/reading.ts';

/** What is printed of a sample. */
export type Print = {
	readonly panes: readonly string[];
	/** What decides which findings there are; those that stand unless told. */
	readonly limits?: Limits;
	readonly format: 'json' | 'ndjson' | 'csv' | 'text';
	readonly filter: string;
	readonly sort: string | undefined;
};

/** The panes by name, `all` for every one that tells of the server; throws a UserError for a name that is none. */
export const panesNamed = (names: readonly string[], {panes}: Registry = registry): readonly Pane[] => {
	const wanted =
		names.length === 0
			? ['sessions']
			: names.flatMap(name => (name === 'all' ? panes.filter(({own}) => !own).map(({id}) => id) : [name]));
	return wanted.map(name => {
		const pane = panes.find(({id}) => id === name);
		if (pane) return pane;
		throw new UserError(`There is no pane ${JSON.stringify(name)}.`, {
			hint: `Panes are: ${panes.map(({id}) => id).join(', ')}.`,
			exitCode: 2,
		});
	});
};

/** `COLUMN` or `COLUMN:desc` as an order; throws a UserError for a column that none of the panes has. */
export const sortNamed = (text: string | undefined, panes: readonly Pane[]): Sort | undefined => {
	if (text === undefined) return undefined;
	const [name = '', direction] = text.split(':');
	const column = panes.flatMap(({columns}) => columns).find(({id, aliases}) => id === name || aliases.includes(name));
	if (column && (direction === undefined || direction === 'asc' || direction === 'desc'))
		return {column: column.id, descending: direction === 'desc'};
	const known = panes.flatMap(({columns}) => columns.map(({id}) => id)).join(', ');
	throw new UserError(`--sort ${text} is no order.`, {hint: `It is COLUMN or COLUMN:desc; columns are: ${known}.`, exitCode: 2});
};

/** A filter for one pane; throws a UserError with what is wrong with it. */
export const filterNamed = (text: string, pane: Pane): Filter<Row> => {
	const filter = parseFilter(text, pane.columns);
	if (!filter.ok)
		throw new UserError(`The filter is not understood for ${pane.id}: ${filter.message}`, {
			hint: 'pgtriage --help shows the language.',
			exitCode: 2,
		});
	return filter;
};

/** Throws a UserError for a pane, a filter or an order that nothing can be printed by, before anything is asked of a server. */
export const assertPrintable = (print: Pick<Print, 'panes' | 'filter' | 'sort'>): void => {
	const panes = panesNamed(print.panes);
	sortNamed(print.sort, panes);
	const [first] = panes;
	if (first && !panes.some(({columns}) => parseFilter(print.filter, columns).ok)) filterNamed(print.filter, first);
};

/** A filter for one of several panes: one without the columns that it names is printed whole. */
const filterFor = (text: string, {columns}: Pane): Filter<Row> => {
	const filter = parseFilter(text, columns);
	return filter.ok ? filter : parseFilter('', columns);
};

/** A sample as text in the format asked for, and whether a part of it is missing: then the exit status is 3. */
export const printed = (sample: Sample, past: Past, print: Print): {readonly text: string; readonly partial: boolean} => {
	const panes = panesNamed(print.panes, print.limits && registryWith(print.limits));
	const sort = sortNamed(print.sort, panes);
	const parts = panes.map(pane => ({pane, filter: filterFor(print.filter, pane)}));
	const made = parts.map(({pane, filter}) => [pane.id, paneJson(pane, sample, past, filter, sort)] as const);
	const partial = made.some(([, json]) => !json.ok || json.hidden !== undefined || json.missing !== undefined);
	switch (print.format) {
		case 'json':
			return {text: jsonLine({pgtriage: 1, at: sample.at, server: serverOf(sample), panes: Object.fromEntries(made)}), partial};
		case 'ndjson':
			return {text: made.map(([id, json]) => jsonLine({at: sample.at, pane: id, ...json})).join('\n'), partial};
		case 'csv':
			return {
				text: parts
					.map(({pane, filter}) => csvOf(pane, chosenRows(pane, sample, past, filter, sort), () => sample.at))
					.join('\n\n'),
				partial,
			};
		case 'text':
			return {
				text: parts.map(({pane, filter}) => table(pane, chosenRows(pane, sample, past, filter, sort), sample)).join('\n\n'),
				partial,
			};
	}
};

const serverOf = (sample: Sample): Row | null => factsOf(sample) ?? null;

/** All columns worth a place on a screen, as wide as their texts. */
const table = (pane: Pane, rows: readonly Row[], sample: Sample): string => {
	const error = unreadOf(pane, sample);
	if (error) return clean([error.message, error.hint].filter(Boolean).join(' '));
	const kept = pane.columns.map(({keep, present}) => keep > 0 && present(sample));
	const lines = [pane.columns.map(({title}) => title), ...rows.map(row => cellsOf(pane, row, sample.at, 'shown'))].map(cells =>
		cells.filter((_, index) => kept[index]),
	);
	const shown = pane.columns.filter((_, index) => kept[index]);
	const widths = shown.map((_, index) => lines.reduce((most, cells) => Math.max(most, widthOf(cells[index] ?? '')), 0));
	return lines
		.map(cells =>
			cells
				.map((cell, index) => toWidth(cell, widths[index] ?? 0, shown[index]?.align))
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
};
