import {markdownTable, median, shown} from './figures.ts';
import type {Run} from './run.ts';

type Figure = {
	readonly what: string;
	/** One figure of a run, or a median with its 95th percentile. */
	readonly of: readonly [string] | readonly [string, string];
	readonly digits: number;
	/** Target, by number of sessions or relative to the peer. */
	readonly bar: string;
};

const figures: readonly Figure[] = [
	{what: 'start to first row, ms', of: ['firstRow'], digits: 0, bar: '200'},
	{what: 'client CPU per refresh, loaded, ms', of: ['cpu'], digits: 0, bar: '16 / 32'},
	{what: 'client CPU per refresh, quiet, ms', of: ['quietCpu'], digits: 0, bar: ''},
	{what: 'bytes per refresh, quiet', of: ['quietBytes'], digits: 0, bar: '800'},
	{what: 'bytes per refresh, loaded', of: ['bytes'], digits: 0, bar: ''},
	{what: 'bytes per refresh, all rows change', of: ['bustleBytes'], digits: 0, bar: 'half'},
	{what: 'refreshes per second', of: ['refreshes'], digits: 1, bar: '1'},
	{what: 'Down: first change, ms', of: ['moveFirst', 'moveFirstP95'], digits: 1, bar: 'p95 4'},
	{what: 'Down: last byte, ms', of: ['moveLast', 'moveLastP95'], digits: 1, bar: 'p95 4'},
	{what: 'sort: last byte, ms', of: ['sortLast', 'sortLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'filter: last byte, ms', of: ['filterLast', 'filterLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'pane: last byte, ms', of: ['paneLast', 'paneLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'one sample back: last byte, ms', of: ['backLast', 'backLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'key while the server is stopped: last byte, ms', of: ['heldLast', 'heldLastP95'], digits: 1, bar: 'p95 30'},
	{what: 'resident memory, MB', of: ['resident'], digits: 0, bar: '110'},
	{what: 'server: execution and planning per refresh, ms', of: ['serverMs'], digits: 1, bar: '2.9 / 6.7'},
	{what: 'server: statements per refresh', of: ['statements'], digits: 1, bar: ''},
];

const middle = (visits: readonly Run[], name: string): number | undefined => median(visits.flatMap(visit => visit[name] ?? []));

const cellOf = (visits: readonly Run[], {of: [first, second], digits}: Figure): string => {
	const text = shown(middle(visits, first), digits);
	return second === undefined || text === '-' ? text : `${text} (${shown(middle(visits, second), digits)})`;
};

/** Figures of the runs of each tool as a table of medians, with the ratio of the first tool to the second. */
export const tableOf = (tools: readonly {readonly name: string; readonly visits: readonly Run[]}[]): string => {
	const [ours, peer] = tools;
	return markdownTable(
		['median (95th percentile)', ...tools.map(({name}) => name), ...(peer ? ['ratio'] : []), 'target'],
		figures.map(figure => {
			const [ourFigure, theirs] = [ours, peer].map(tool => tool && middle(tool.visits, figure.of[0]));
			const ratio = ourFigure !== undefined && theirs ? shown(ourFigure / theirs, 2) : '-';
			return [figure.what, ...tools.map(({visits}) => cellOf(visits, figure)), ...(peer ? [ratio] : []), figure.bar];
		}),
	);
};
