import {createAsk} from '../actions/flow/ask.ts';
import {openPlanPage} from '../actions/flow/plan-page.ts';
import {situationOf} from '../actions/flow/situation.ts';
import {maxTargets} from '../actions/target.ts';
import {completions} from '../keys/command-line.ts';
import {sortIndex} from '../keys/menu.ts';
import type {Pane, RowRef, Sort} from '../pane/pane.ts';
import {paneFiles} from '../screen/saved-files.ts';
import {topFor, withCursorAt} from '../state/cursor.ts';
import {bodyHeight} from '../state/frame.ts';
import type {Command} from '../state/message.ts';
import {paneState, say, type Updated, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {cursorRow, shownSample, type View, viewOf} from '../state/view.ts';
import {followCursor} from '../time/follow.ts';
import {createTravel} from '../time/travel.ts';

/** Carries out a command; `openedBy` is the key that gave it, which will not confirm what it asks. */
export type Act = (state: State, command: Command, openedBy?: string) => Updated;

const intervals = [250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const nextDuration = {query: 'transaction', transaction: 'state', state: 'query'} as const;

/** The panes whose answers are wanted: the one that is looked at, progress while we maintain, and all of them while they are recorded. */
export const panesToWatch = (panes: readonly Pane[], {pane, recording, maintenance: job}: State): readonly string[] =>
	recording === 'on' ? panes.map(({id}) => id) : [...new Set([pane, ...(job ? ['progress'] : [])])];

/** The order of a column as a person expects it at first: names from A, everything else the largest first. */
const orderBy = (state: State, {id, kind}: Pane['columns'][number]): State =>
	sorted(state, {column: id, descending: kind !== 'text'});

const sorted = (state: State, sort: Sort): State => withPaneState(state, {sort, top: 0, cursor: undefined});

/** Makes what carries out commands on the panes of a registry. */
export const createCommands = (registry: Registry): Act => {
	const {panes} = registry;
	const ask = createAsk(registry);
	const travel = createTravel(registry);
	const paneOf = (id: string): Pane => panes.find(pane => pane.id === id) as Pane;
	const view = (state: State): View => viewOf(panes, state);

	const cursorTo = (state: State, seen: View, index: number): State => {
		const moved = withCursorAt(paneState(state), seen, index);
		return withPaneState(state, {
			...moved,
			top: topFor(moved.top, moved.cursor?.index ?? -1, bodyHeight(state), seen.rows.length),
		});
	};

	/** Goes to a pane; in an order that is asked for it is shown from its top, and read anew. */
	const look = (state: State, pane: string, waiting: boolean, order?: Sort): Updated => {
		const chosen = {...state, pane, overlay: undefined, options: {...state.options, waiting}};
		const watch = {type: 'watch', panes: panesToWatch(panes, chosen)} as const;
		if (order) return [sorted(chosen, order), watch, {type: 'refresh'}];
		const there = followCursor(panes, chosen);
		const points = paneOf(pane).pointed && !paneState(there).cursor && view(there).rows.length > 0;
		return [points ? cursorTo(there, view(there), 0) : there, watch];
	};

	const move = (state: State, {by, forward}: Extract<Command, {type: 'move'}>): Updated => {
		const seen = view(state);
		const height = bodyHeight(state);
		const step = {row: 1, half: Math.ceil(height / 2), page: height, end: seen.rows.length}[by];
		// The first row key engages the cursor at the top of what is seen; any other moves from there.
		const from = seen.cursor >= 0 ? seen.cursor : by === 'row' ? paneState(state).top + (forward ? -1 : 1) : paneState(state).top;
		return [cursorTo(state, seen, from + (forward ? step : -step))];
	};

	const sortBeside = (state: State, by: 1 | -1): Updated => {
		const {columns} = paneOf(state.pane);
		const at = columns.findIndex(({id}) => id === paneState(state).sort?.column);
		const next = columns[(at + by + columns.length) % columns.length];
		return next ? [say(orderBy(state, next), `Sorted by ${next.id}: ${next.help}`, 'calm')] : [state];
	};

	const goTo = (state: State, {pane, identity, filter}: RowRef): Updated => {
		const [looking, ...effects] = pane === state.pane ? [state] : look(state, pane, false);
		if (filter !== undefined) {
			const filtered = withPaneState(
				{...looking, options: {...looking.options, idle: true}},
				{filter, top: 0, cursor: undefined},
			);
			return [filtered, ...effects];
		}
		if (identity === null) return [looking, ...effects];
		const index = (there: State): number => view(there).rows.findIndex(row => paneOf(pane).identity(row) === identity);
		const there =
			index(looking) >= 0
				? looking
				: withPaneState({...looking, options: {...looking.options, waiting: false}}, {filter: '', cursor: undefined});
		if (index(there) < 0) return [say(state, 'It is not among the rows of this sample.')];
		const moved = cursorTo(there, view(there), index(there));
		return [there === looking ? moved : say(moved, 'The filter was cleared to show it.', 'calm'), ...effects];
	};

	const mark = (state: State): Updated => {
		const seen = view(state);
		const row = cursorRow(seen);
		if (!row) return [travel(state, {type: 'freeze'})];
		const tagged = new Set(paneState(state).tagged);
		const identity = seen.pane.identity(row);
		if (!tagged.delete(identity)) tagged.add(identity);
		return move(withPaneState(state, {tagged}), {type: 'move', by: 'row', forward: true});
	};

	/** Tags all rows; of sessions as many of the first as one question may be about. */
	const tagAll = (state: State): State => {
		const {pane, rows, sample} = view(state);
		const isTooMany = rows.length > maxTargets && sample && rows.some(row => pane.target(row, sample));
		const chosen = isTooMany ? rows.slice(0, maxTargets) : rows;
		const tagged = withPaneState(state, {tagged: new Set(chosen.map(pane.identity))});
		const said = `Tagged the first ${maxTargets} of ${rows.length}: at most ${maxTargets} are signalled at once.`;
		return isTooMany ? say(tagged, said, 'calm') : tagged;
	};

	const sort = (state: State, wanted: string): State => {
		const pane = paneOf(state.pane);
		const column = wanted === 'duration' ? pane.durations?.[state.options.duration] : wanted;
		return column ? sorted(state, {column, descending: true}) : say(state, `${pane.title} stands in an order of its own.`);
	};

	const sortBy = (state: State, {column: name, descending}: Extract<Command, {type: 'sort-by'}>): State => {
		const column = paneOf(state.pane).columns.find(({id}) => id === name);
		if (!column) return state;
		return descending === undefined ? orderBy(state, column) : sorted(state, {column: name, descending});
	};

	const invert = (state: State): State => {
		const {sort: order} = paneState(state);
		return order
			? sorted(state, {...order, descending: !order.descending})
			: say(state, 'Choose a column to sort by first: F6, < or >.');
	};

	const pace = (state: State, intervalMs: number): Updated => [
		say({...state, options: {...state.options, intervalMs}}, `Refreshes every ${intervalMs / 1000} s.`, 'calm'),
		{type: 'interval', intervalMs},
	];

	const paceBy = (state: State, by: 1 | -1): Updated => {
		const at = intervals.findLastIndex(step => step <= state.options.intervalMs);
		return pace(state, intervals[Math.max(0, Math.min(at + by, intervals.length - 1))] ?? 1000);
	};

	return (state, command, openedBy = '') => {
		switch (command.type) {
			case 'pane':
				return look(state, command.pane, command.waiting ?? false, command.sort);
			case 'turn': {
				const at = panes.findIndex(({id}) => id === state.pane);
				return look(state, (panes[(at + command.by + panes.length) % panes.length] as Pane).id, false);
			}
			case 'move':
				return move(state, command);
			case 'scroll': {
				const furthest = paneOf(state.pane).columns.length - 2;
				return [withPaneState(state, {column: Math.max(0, Math.min(paneState(state).column + command.by, furthest))})];
			}
			case 'release':
				return [withPaneState(state, {cursor: undefined, column: 0})];
			case 'mark':
				return mark(state);
			case 'untag':
				return [withPaneState(state, {tagged: new Set()})];
			case 'tag-all':
				return [tagAll(state)];
			case 'freeze':
			case 'step':
			case 'leap':
			case 'at':
			case 'bookmark':
			case 'go-bookmark':
			case 'compare':
			case 'find':
			case 'speed':
				return [travel(state, command)];
			case 'inspect': {
				const {pane, rows, cursor, sample, diff} = view(state);
				const row = rows[cursor];
				if (!row || !sample) return [state];
				const {seq} = diff?.missing.has(row) ? diff.other : sample;
				return [{...state, overlay: {kind: 'inspect', identity: pane.identity(row), row, seq, top: 0}}];
			}
			case 'root': {
				const {root} = situationOf(registry, state);
				return root ? goTo(state, root) : [state];
			}
			case 'prompt': {
				const {filter} = paneState(state);
				const prompt = {
					asks: 'filter',
					text: filter,
					caret: filter.length,
					previous: filter,
					error: undefined,
					words: [],
				} as const;
				return [{...state, overlay: {kind: 'prompt', ...prompt}}];
			}
			case 'speak': {
				const words = completions('', panes, paneOf(state.pane));
				const prompt = {asks: 'command', text: '', caret: 0, previous: '', error: undefined, words} as const;
				return [{...state, overlay: {kind: 'prompt', ...prompt}}];
			}
			case 'filter':
				return [withPaneState(state, {filter: command.text, top: 0, cursor: undefined})];
			case 'clear-filter':
				return [withPaneState(state, {filter: '', top: 0})];
			case 'sort':
				return [sort(state, command.column)];
			case 'sort-by':
				return [sortBy({...state, overlay: undefined}, command)];
			case 'sort-beside':
				return sortBeside(state, command.by);
			case 'invert':
				return [invert(state)];
			case 'menu':
				return [{...state, overlay: {kind: 'menu', place: sortIndex(paneOf(state.pane).columns, paneState(state).sort)}}];
			case 'toggle':
				return [{...state, options: {...state.options, [command.option]: !state.options[command.option]}}];
			case 'duration': {
				const duration = nextDuration[state.options.duration];
				return [say({...state, options: {...state.options, duration}}, `The duration shown is that of the ${duration}.`, 'calm')];
			}
			case 'interval':
				return paceBy(state, command.by);
			case 'pace':
				return pace(state, command.intervalMs);
			case 'measure': {
				const {measurement} = situationOf(registry, state);
				const sample = shownSample(state);
				if (!sample || typeof measurement !== 'object') return [state];
				const {name, running} = measurement;
				const said = running ? `${name} is measured no further.` : `Measuring ${name}; . once more stops it.`;
				return [say(state, said, 'calm'), {type: 'measure', measurement, at: sample.at}];
			}
			case 'explain': {
				const {subject} = situationOf(registry, state);
				const sample = shownSample(state);
				if (!sample || typeof subject !== 'object') return [state];
				return openPlanPage(state, {...subject, analyze: command.analyze, accepted: []}, sample.at, openedBy);
			}
			case 'refresh':
				return [state, {type: 'refresh'}];
			case 'copy': {
				const row = cursorRow(view(state));
				if (!row) return [state];
				const said = say(state, 'Copied to the clipboard, where the terminal allows it.', 'calm');
				return [said, {type: 'copy', text: paneOf(state.pane).copied(row)}];
			}
			case 'save': {
				const files = paneFiles(view(state));
				return files ? [state, {type: 'save', files}] : [say(state, 'Nothing was read yet that could be saved.')];
			}
			case 'bundle': {
				if (state.bundling) return [say(state, 'The incident bundle is still being written.', 'calm')];
				if (!shownSample(state)) return [say(state, 'Nothing was read yet that could be saved.')];
				return [say({...state, bundling: true}, 'Writing the incident bundle …', 'calm'), {type: 'bundle', state}];
			}
			case 'ask':
			case 'maintain':
			case 'admin':
				return ask(state, command, openedBy);
			case 'action-menu':
				return [{...state, overlay: {kind: 'action-menu', place: 0}}];
			case 'help':
				return [{...state, overlay: {kind: 'help', top: 0}}];
			case 'back':
				return paneState(state).cursor ? [withPaneState(state, {cursor: undefined})] : [state, {type: 'quit', status: 0}];
			case 'quit':
				return [state, {type: 'quit', status: 0}];
			case 'suspend':
				return [state, {type: 'suspend'}];
			case 'redraw':
				return [state, {type: 'redraw'}];
		}
	};
};
