import type {Past} from '../core/history/past.ts';
import {cellsOf, csvOf} from '../core/pane/csv.ts';
import {type Filter, parseFilter} from '../core/pane/filter.ts';
import {chosenRows, type PaneJson, paneJson} from '../core/pane/json.ts';
import {type MissingAnswer, unreadOf} from '../core/pane/missing.ts';
import type {Pane, Sort} from '../core/pane/pane.ts';
import {jsonLine} from '../core/recording/lines.ts';
import {type Row, type Sample, sentences} from '../core/sample/sample.ts';
import type {Registry} from '../core/state/registry.ts';
import {inAscii} from '../core/text/ascii.ts';
import {clean, toWidth, widthOf} from '../core/text/clean.ts';
import {UserError} from '../core/values/errors.ts';
import type {Limits} from '../findings/thresholds.ts';
import {groupsBy} from '../panes/groups/groups.ts';
import {registry, registryWith} from '../panes/index.ts';
import {factsOf} from '../panes/reading/answers.ts';
import {sessionsPane} from '../panes/sessions/sessions.ts';

/** The parts of a sample to print, and their format. */
export type Print = {
	readonly panes: readonly string[];
	/** Thresholds of the findings; the defaults if absent. */
	readonly limits?: Limits;
	readonly format: 'json' | 'ndjson' | 'csv' | 'text';
	readonly filter: string;
	readonly sort: string | undefined;
	/** What the sessions are grouped by; absent if they are printed one by one. */
	readonly group?: string | undefined;
	/** True if a table is printed in ASCII; data is always UTF-8. */
	readonly ascii?: boolean;
};

/** Panes by name, `all` for every pane about the server; throws a UserError for an unknown name. */
export const panesNamed = (names: readonly string[], {panes}: Registry = registry): readonly Pane[] => {
	const ids =
		names.length === 0
			? ['sessions']
			: names.flatMap(name => (name === 'all' ? panes.filter(({own, named}) => !own && !named).map(({id}) => id) : [name]));
	return ids.map(name => {
		const pane = panes.find(({id}) => id === name);
		if (pane) return pane;
		throw new UserError(`Unknown pane ${JSON.stringify(name)}.`, {
			hint: `Panes: ${panes.map(({id}) => id).join(', ')}.`,
			exitCode: 2,
		});
	});
};

/** The sort order of `COLUMN` or `COLUMN:desc`; throws a UserError if none of the panes has the column. */
export const sortNamed = (text: string | undefined, panes: readonly Pane[]): Sort | undefined => {
	if (text === undefined) return undefined;
	const [name = '', direction] = text.split(':');
	const column = panes.flatMap(({columns}) => columns).find(({id, aliases}) => id === name || aliases.includes(name));
	if (column && (direction === undefined || direction === 'asc' || direction === 'desc'))
		return {column: column.id, descending: direction === 'desc'};
	const ids = panes.flatMap(({columns}) => columns.map(({id}) => id)).join(', ');
	throw new UserError(`--sort ${text} is not a valid order.`, {hint: `Use COLUMN or COLUMN:desc; columns: ${ids}.`, exitCode: 2});
};

/** A filter for one pane; throws a UserError with the error in it. */
export const filterNamed = (text: string, pane: Pane): Filter<Row> => {
	const filter = parseFilter(text, pane.columns);
	if (!filter.ok)
		throw new UserError(`Invalid filter for ${pane.id}: ${filter.message}`, {
			hint: 'pgtriage --help describes the syntax.',
			exitCode: 2,
		});
	return filter;
};

/** A pane to print under an id, and the filter on its rows. */
type Part = {readonly id: string; readonly pane: Pane; readonly filter: Filter<Row>};

/** The groups in place of the sessions; a filter on columns of sessions decides which of them are grouped. */
const groupedPart = (by: string, text: string, sessions: Pane): Part => {
	const filter = parseFilter<Row>(text, sessions.columns);
	if (!filter.ok) return {id: sessions.id, pane: groupsBy(by), filter: filterFor(text, groupsBy(by))};
	const pane = groupsBy(by, filter.test);
	return {id: sessions.id, pane, filter: parseFilter('', pane.columns)};
};

/** The panes to print; throws a UserError for an unknown pane, and if sessions are to be grouped that are not printed. */
const partsOf = ({
	panes: names,
	filter,
	group,
	limits,
}: Pick<Print, 'panes' | 'filter' | 'group' | 'limits'>): readonly Part[] => {
	const panes = panesNamed(names, limits && registryWith(limits));
	if (group !== undefined && !panes.some(({id}) => id === sessionsPane.id))
		throw new UserError('--group needs the pane sessions.', {hint: 'Add --pane sessions.', exitCode: 2});
	return panes.map(pane =>
		group !== undefined && pane.id === sessionsPane.id
			? groupedPart(group, filter, pane)
			: {id: pane.id, pane, filter: filterFor(filter, pane)},
	);
};

/** Throws a UserError for an invalid pane, filter or order, before any server is queried. */
export const assertPrintable = (print: Pick<Print, 'panes' | 'filter' | 'sort' | 'group'>): void => {
	const panes = partsOf(print).map(({pane}) => pane);
	sortNamed(print.sort, panes);
	const filtered = [...panesNamed(print.panes), ...panes];
	const [first] = filtered;
	if (first && !filtered.some(({columns}) => parseFilter(print.filter, columns).ok)) filterNamed(print.filter, first);
};

/** A filter for one of several panes; a pane without its columns is printed in full. */
const filterFor = (text: string, {columns}: Pane): Filter<Row> => {
	const filter = parseFilter(text, columns);
	return filter.ok ? filter : parseFilter('', columns);
};

/** A sample as text; `partial` if some of it is missing, for which the exit status is 3. */
export const printed = (sample: Sample, past: Past, print: Print): {readonly text: string; readonly partial: boolean} => {
	const parts = partsOf(print);
	const sort = sortNamed(
		print.sort,
		parts.map(({pane}) => pane),
	);
	const documents = parts.map(({id, pane, filter}) => [id, paneJson(pane, sample, past, filter, sort)] as const);
	const missing = missingIn(documents.map(([, json]) => json));
	const partial = missing.length > 0 || documents.some(([, json]) => !json.ok || json.hidden !== undefined);
	switch (print.format) {
		case 'json':
			return {
				text: jsonLine({
					pgtriage: 1,
					at: sample.at,
					server: serverOf(sample),
					panes: Object.fromEntries(documents.map(([id, json]) => [id, withGroups(id, json, print)])),
					...(missing.length > 0 && {missing}),
				}),
				partial,
			};
		case 'ndjson':
			return {
				text: documents.map(([id, json]) => jsonLine({at: sample.at, pane: id, ...withGroups(id, json, print)})).join('\n'),
				partial,
			};
		case 'csv':
			return {
				text: parts
					.map(({pane, filter}) => csvOf(pane, chosenRows(pane, sample, past, filter, sort), () => sample.at))
					.join('\n\n'),
				partial,
			};
		case 'text':
			return {
				text: parts
					.map(({pane, filter}) => table(pane, chosenRows(pane, sample, past, filter, sort), sample, print.ascii))
					.join('\n\n'),
				partial,
			};
	}
};

/** A pane as JSON with its rows under the name `groups` if they are groups of sessions. */
const withGroups = (id: string, json: PaneJson, {group}: Print): PaneJson | Readonly<Record<string, unknown>> => {
	if (!json.ok || group === undefined || id !== sessionsPane.id) return json;
	const {ok, took_ms, rows, ...rest} = json;
	return {ok, took_ms, groups: rows, ...rest};
};

/** What is missing from any of the panes, each thing once. */
const missingIn = (panes: readonly PaneJson[]): readonly MissingAnswer[] => [
	...new Map(panes.flatMap(pane => (pane.ok ? (pane.missing ?? []) : [])).map(missing => [missing.what, missing])).values(),
];

const serverOf = (sample: Sample): Row | null => factsOf(sample) ?? null;

/** A table of the columns that a screen shows, each as wide as its texts. */
const table = (pane: Pane, rows: readonly Row[], sample: Sample, ascii = false): string => {
	const shown = ascii ? inAscii : clean;
	const error = unreadOf(pane, sample);
	if (error) return shown(sentences(error));
	const isKept = pane.columns.map(({keep, present}) => keep > 0 && present(sample));
	const lines = [pane.columns.map(({title}) => title), ...rows.map(row => cellsOf(pane, row, sample.at))].map(cells =>
		cells.filter((_, index) => isKept[index]).map(shown),
	);
	const columns = pane.columns.filter((_, index) => isKept[index]);
	const widths = columns.map((_, index) => lines.reduce((most, cells) => Math.max(most, widthOf(cells[index] ?? '')), 0));
	const rest = pane.rest(sample);
	return [
		...lines.map(cells =>
			cells
				.map((cell, index) => toWidth(cell, widths[index] ?? 0, columns[index]?.align))
				.join('  ')
				.trimEnd(),
		),
		...(rest > 0 ? [`(${rest} more)`] : []),
	].join('\n');
};
