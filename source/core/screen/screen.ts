import {type MaintenanceRun, maintenanceName} from '../actions/maintenance.ts';
import {newest} from '../history/timeline.ts';
import {bindingsOf, keyName} from '../keys/bindings.ts';
import {unreadOf} from '../pane/missing.ts';
import type {Hidden, Pane} from '../pane/pane.ts';
import {comparisonOf} from '../state/compare.ts';
import {bodyHeight, chartHeight, headerHeight, isTiny, pageHeight} from '../state/frame.ts';
import {paneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import {isOverdue, type State} from '../state/state.ts';
import {troubleOf} from '../state/trouble.ts';
import {type View, viewOf} from '../state/view.ts';
import {lineInAscii, partsInAscii} from '../text/ascii-lines.ts';
import {
	fitLine,
	joinWhole,
	type Line,
	labelMark,
	line,
	lineWidth,
	type Parts,
	type Span,
	span,
	type Tone,
	wrap,
} from '../text/line.ts';
import {plural} from '../text/words.ts';
import {secondsBetween, timeOfDay} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import {serverMark} from './help.ts';
import {actsOnPage, pageHints, pageLines, pageNote, pageOf, pageTitle, shownLines, topWithin} from './page.ts';
import {panelLines} from './panel.ts';
import {flagsOf, historyPart} from './status-words.ts';
import {type TablePart, tableParts} from './table.ts';

/** The whole screen as lines: exactly as many as it has rows, each exactly as wide as it is. */
export const screen = (registry: Registry, state: State): readonly Line[] => {
	const {columns, rows} = state.size;
	const view = viewOf(registry, state);
	const lines = isTiny(state.size) ? [statusLine(registry, state, view)] : fullLines(registry, state, view);
	return Array.from({length: rows}, (_, index) => fitLine(lines[index] ?? [], columns));
};

const fullLines = (registry: Registry, state: State, view: View): readonly Line[] => {
	const top = headerHeight(state);
	const header = headerOf(registry, state, view);
	const lines: Line[] = Array.from({length: top}, (_, index) =>
		index === 0 ? withFlags(state, header[0] ?? []) : joinWhole(header[index] ?? [], state.size.columns),
	);
	const middle = pageHeight(state);
	const page = pageInstead(registry, state, view) ?? paneLines(registry, state, view);
	const foot = footLines(registry, state);
	for (let index = 0; index < middle + 1 - foot.length; index++) lines.push(page[index] ?? []);
	return [...lines, ...foot];
};

const headerOf = (registry: Registry, state: State, {sample}: View): readonly Parts[] => {
	const parts = registry.header(state, sample);
	return state.options.ascii ? parts.map(partsInAscii) : parts;
};

/** A line with the state flags at its right end. */
const withFlags = (state: State, parts: Parts): Line => {
	const flags = flagsOf(state);
	const history = historyPart(state);
	const room = state.size.columns - lineWidth(flags) - (flags.length > 0 ? 1 : 0);
	return [
		...fitLine(joinWhole(history.length > 0 ? [...parts, history] : parts, room), Math.max(0, room)),
		span(flags.length > 0 ? ' ' : ''),
		...flags,
	];
};

const pageInstead = (registry: Registry, state: State, view: View): readonly Line[] | undefined => {
	const page = pageOf(state);
	if (!page) return undefined;
	const lines = pageLines(registry, state, view, page);
	const height = shownLines(state);
	const top = topWithin(state, lines, page.top);
	const more = lines.length > height ? `  lines ${top + 1} to ${Math.min(top + height, lines.length)} of ${lines.length}` : '';
	return [
		[span(`${pageTitle(page, view)}  `, 'strong'), span(`${pageNote(page)}${more}`, 'dim')],
		...lines.slice(top, top + height),
	];
};

const paneLines = (registry: Registry, state: State, view: View): readonly Line[] => {
	const notices = noticesOf(view, state.size.columns);
	const title = titleLine(registry, state, view);
	const {height, parts} = tableArea(state, view);
	const table = parts.map(part => part.line);
	const message = emptyLines(state, view);
	const details = message ? [] : panelLines(registry, state, view, height - table.length);
	const chart = view.sample && chartHeight(state) > 0 ? registry.chart(state, view.sample) : [];
	return [title, ...notices, ...chart, ...(message ? [...table.slice(0, 1), [], ...message] : [...table, ...details])];
};

/** The lines of the table, from its column heads on, the line of the screen that it begins at, and the lines that it may have. */
type TableArea = {readonly height: number; readonly top: number; readonly parts: readonly TablePart[]};

/** The place of the table and its lines. */
export const tableArea = (state: State, view: View): TableArea => {
	const notices = noticesOf(view, state.size.columns).length;
	const height = bodyHeight(state) + 1 - notices;
	const chart = view.sample ? chartHeight(state) : 0;
	return {height, top: headerHeight(state) + 1 + notices + chart, parts: tableParts(state, view, paneState(state), height)};
};

const maxNoticeLines = 2;

const noticesOf = ({hidden, pane, sample, past}: View, width: number): readonly Line[] => {
	const notice = sample && pane.notice(sample);
	const headline = sample && pane.headline(sample, past);
	const lines = (text: string | undefined, tone: Tone): readonly Line[] =>
		text === undefined
			? []
			: wrap(text, width)
					.slice(0, maxNoticeLines)
					.map(part => line(part, tone));
	return [
		...lines(headline?.text, headline?.tone ?? 'calm'),
		...(hidden ? [line(hiddenText(hidden), 'warn')] : []),
		...lines(notice, 'warn'),
	];
};

const hiddenText = ({rows, hint}: Hidden): string => `${plural(rows, 'row')} partly hidden: ${hint}`;

/** What is awaited before the first sample, and the time since the start once that is long. */
const beginning = ({place, staleMs, link}: State): string => {
	const phase = link.phase === undefined ? '' : `, ${link.phase}`;
	const awaited =
		link.state === 'ready' ? `Connected to ${link.place ?? place}, reading its sessions` : `Connecting to ${place}${phase}`;
	return staleMs > 0 ? `${awaited} … ${duration(staleMs / 1000)}` : `${awaited} …`;
};

/** Text in place of the rows; undefined if there are rows. */
const emptyLines = (state: State, view: View): readonly Line[] | undefined => {
	const width = state.size.columns - 4;
	const sentence = (text: string, tone: 'danger' | 'dim' | 'calm'): readonly Line[] =>
		wrap(text, width).map(part => [span('  '), span(part, tone)]);
	if (!view.sample) {
		const {failure} = state.link;
		return failure
			? [...sentence(failure.message, 'danger'), ...sentence(failure.hint ?? '', 'calm')]
			: sentence(beginning(state), 'dim');
	}
	if (view.failure) return [...sentence(view.failure.message, 'danger'), ...sentence(view.failure.hint ?? '', 'calm')];
	if (view.rows.length > 0) return undefined;
	if (unreadOf(view.pane, view.sample)) return sentence('Not read yet.', 'dim');
	const {filter} = paneState(state);
	const empty = filter === '' ? view.pane.empty(view.sample, view.past) : `No rows match ${filter}: \\ clears the filter.`;
	// What was true when the server last answered may not be so any more.
	return sentence(isOverdue(state) ? `As of ${timeOfDay(view.sample.at)}: ${empty}` : empty, 'dim');
};

/** Moment that the rows are compared with. */
const comparisonPart = (state: State, {diff, pane, sample}: View): string => {
	const other = pane.compares ? undefined : comparisonOf(state)?.sample;
	if (!other || !sample) return '';
	const at = `${!state.replay && other === newest(state.timeline) ? 'now, ' : ''}${timeOfDay(other.at)}`;
	return diff ? `diff to ${at}` : `no data for a diff to ${at}`;
};

const titleLine = (registry: Registry, state: State, view: View): Line => {
	const {filter, tagged} = paneState(state);
	// Rows that ended and rows of another moment are shown but not counted.
	const shown = view.rows.length - view.extra;
	const parts = [
		!view.sample || view.failure ? '' : shown === view.total ? `${view.total}` : `${shown} of ${view.total}`,
		state.options.waiting ? 'waiting only' : '',
		tagged.size > 0 ? `${tagged.size} tagged` : '',
		comparisonPart(state, view),
		ageOf(view),
	].filter(part => part !== '');
	const filterPart = filter === '' ? [] : [span('  '), span(`filter: ${filter}`, 'warn')];
	const right = [span(parts.join(', '), 'dim'), ...filterPart];
	// Other panes belong to a server, and none is in focus.
	const panes = state.fleet === 'overview' ? [view.pane] : registry.panes;
	return [...tabsFor(panes, view.pane, state.size.columns - lineWidth(right)), ...right];
};

/** Tabs of the panes with a key: with titles if they fit, else with short names, without the last ones if necessary. */
const tabsFor = (panes: readonly Pane[], shown: Pane, width: number): readonly Span[] => {
	const listed = panes.filter(pane => pane === shown || pane.keys.length > 0);
	const tab = (pane: Pane, name: string, space: string): Span =>
		span(`${pane.keys[0] === undefined ? '' : `${keyName(pane.keys[0])} `}${name}${space}`, pane === shown ? 'strong' : 'dim');
	const long = listed.map(pane => tab(pane, pane.title, '  '));
	if (lineWidth(long) <= width) return long;
	let short = listed.map(pane => ({pane, span: tab(pane, pane === shown ? pane.title : pane.tab, ' ')}));
	while (short.length > 1 && lineWidth(short.map(each => each.span)) >= width) {
		const last = short.findLastIndex(each => each.pane !== shown);
		short = short.toSpliced(last, 1);
	}
	return [...short.map(each => each.span), span(' ')];
};

/** Age of the pane's data if it is older than the sample. */
const ageOf = (view: View): string => {
	const result = view.sample?.results[view.pane.queries[0]?.name ?? ''];
	// Our own journal is always current, whatever the time of its last entry.
	if (!result || !view.sample || view.pane.own) return '';
	const seconds = (Date.parse(view.sample.at) - Date.parse(result.at)) / 1000;
	return seconds >= 2 ? `${duration(seconds)} old` : '';
};

/** Running maintenance: its time, its progress, and the key that cancels it. */
const maintenanceLine = (
	registry: Registry,
	state: State,
	{maintenance, relation, startedAt, pid, stopping}: MaintenanceRun,
): Line => {
	const sample = newest(state.timeline);
	const progress = pid !== undefined && sample ? registry.progress(pid, sample, state.timeline.samples) : undefined;
	const since = sample ? duration(secondsBetween(startedAt, sample.at) ?? 0) : '';
	const key = bindingsOf(registry.panes).find(({command}) => command.type === 'maintain' && command.maintenance === maintenance)
		?.keys[0];
	return [
		span(`${maintenanceName[maintenance]} of ${relation.name}`, 'strong'),
		span(` ${since}${progress === undefined ? '' : `, ${progress}`}; `),
		...(stopping ? [span('stopping', 'warn')] : [span(key === undefined ? 'F9' : key, 'key'), span(' = cancel', 'dim')]),
	];
};

// A toast may name a grant or a culprit: rather than cut it, take the space of some rows.
const maxFootLines = 6;

const footLines = (registry: Registry, state: State): readonly Line[] => {
	const sentences = sentencesOf(state);
	const foot = footLine(registry, state, sentences);
	if (sentences.length === 0 || lineWidth(foot) <= state.size.columns) return [foot];
	const lines = sentences.flatMap(({text, tone}) => wrap(text, state.size.columns).map(part => line(part, tone)));
	return lines.slice(0, Math.min(maxFootLines, pageHeight(state)));
};

/** Sentences of the foot: trouble with the connection or the recording, then the toast. */
const sentencesOf = (state: State): readonly Span[] => {
	const trouble = troubleOf(state);
	const sentences = [
		...(trouble === undefined ? [] : [span(trouble, 'danger')]),
		...(state.toast ? [span(state.toast.text, state.toast.tone)] : []),
	];
	return state.options.ascii ? lineInAscii(sentences) : sentences;
};

const footLine = (registry: Registry, state: State, sentences: readonly Span[]): Line => {
	if (sentences.length > 0) return sentences.flatMap((part, index) => (index === 0 ? [part] : [span(' '), part]));
	if (state.maintenance) return maintenanceLine(registry, state, state.maintenance);
	const page = pageOf(state);
	const hints = bindingsOf(registry.panes)
		.filter(
			({hint, panes: on, command}) =>
				hint !== undefined && (on?.includes(state.pane) ?? true) && (!page || (page.kind === 'inspect' && actsOnPage(command))),
		)
		// A key that means something else in this pane comes before its general meaning.
		.filter(({keys: [key]}, index, all) => all.findIndex(({keys: [other]}) => other === key) === index);
	const keys: readonly Line[] = [
		...(page ? pageHints(page) : []).map(([key, hint]) => [span(keyName(key), 'key'), span(` ${hint}`, 'dim')]),
		...hints.map(({keys: [key = ''], hint = '', dangerous}) => [
			span(keyName(key), 'key'),
			span(` ${hint}`, 'dim'),
			...(dangerous ? [span(serverMark, 'warn')] : []),
		]),
	];
	return joinWhole(keys, state.size.columns);
};

/** The line of a screen too small for a table: state flags, findings, waiting sessions, connection. */
const statusLine = (registry: Registry, state: State, view: View): Line => {
	const flags = flagsOf(state);
	const words = view.sample
		? joinWhole(headerOf(registry, state, view).slice(1, 3).flat(), state.size.columns)
		: line('connecting');
	return [...labelMark(state.label), ...flags, ...(flags.length > 0 ? [span(' ')] : []), ...words];
};
