import {markdownTable, median, shown} from './figures.ts';
import type {Run} from './run.ts';

type Figure = {
	readonly what: string;
	/** One figure of a visit, or a median with its 95th percentile. */
	readonly of: readonly [string] | readonly [string, string];
	readonly digits: number;
	/** What is to be reached, with so many sessions and against the same figure of a peer. */
	readonly bar: string;
};

const figures: readonly Figure[] = [
	{what: 'start to first row, ms', of: ['firstRow'], digits: 0, bar: '200'},
	{what: 'client CPU a refresh, loaded, ms', of: ['cpu'], digits: 0, bar: '16 / 32'},
	{what: 'client CPU a refresh, quiet, ms', of: ['quietCpu'], digits: 0, bar: ''},
	{what: 'bytes a refresh, quiet', of: ['quietBytes'], digits: 0, bar: '800'},
	{what: 'bytes a refresh, loaded', of: ['bytes'], digits: 0, bar: ''},
	{what: 'bytes a refresh, all rows change', of: ['bustleBytes'], digits: 0, bar: 'half'},
	{what: 'refreshes a second', of: ['refreshes'], digits: 1, bar: '1'},
	{what: 'Down: first change, ms', of: ['moveFirst', 'moveFirstP95'], digits: 1, bar: 'p95 4'},
	{what: 'Down: last byte, ms', of: ['moveLast', 'moveLastP95'], digits: 1, bar: 'p95 4'},
	{what: 'sort: last byte, ms', of: ['sortLast', 'sortLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'filter: last byte, ms', of: ['filterLast', 'filterLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'pane: last byte, ms', of: ['paneLast', 'paneLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'a sample back: last byte, ms', of: ['backLast', 'backLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'a key while the server is stopped: last byte, ms', of: ['heldLast', 'heldLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'resident memory, MB', of: ['resident'], digits: 0, bar: '110'},
	{what: 'server: execution and planning a refresh, ms', of: ['serverMs'], digits: 1, bar: '2.9 / 6.7'},
	{what: 'server: statements a refresh', of: ['statements'], digits: 1, bar: ''},
];

const middle = (visits: readonly Run[], name: string): number | undefined => median(visits.flatMap(visit => visit[name] ?? []));

const cellOf = (visits: readonly Run[], {of: [first, second], digits}: Figure): string => {
	const text = shown(middle(visits, first), digits);
	return second === undefined || text === '-' ? text : `${text} (${shown(middle(visits, second), digits)})`;
};

/** The figures of some visits of each tool as a table, medians over the visits, with what the second tool takes of the first's. */
export const tableOf = (tools: readonly {readonly name: string; readonly visits: readonly Run[]}[]): string => {
	const [ours, peer] = tools;
	return markdownTable(
		['median (95th percentile)', ...tools.map(({name}) => name), ...(peer ? ['ratio'] : []), 'to reach'],
		figures.map(figure => {
			const [ourFigure, theirs] = [ours, peer].map(tool => tool && middle(tool.visits, figure.of[0]));
			const ratio = ourFigure !== undefined && theirs ? shown(ourFigure / theirs, 2) : '-';
			return [figure.what, ...tools.map(({visits}) => cellOf(visits, figure)), ...(peer ? [ratio] : []), figure.bar];
		}),
	);
};
