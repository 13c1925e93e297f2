import type {Action, Command} from './action.ts';
import {type Binding, bindingsOf, type Situation} from './bindings.ts';
import {answer, confirmationOf} from './confirm.ts';
import {cursorAt, cursorIn, topFor} from './cursor.ts';
import type {Effect} from './effect.ts';
import {parseFilter} from './filter.ts';
import {bodyHeight} from './frame.ts';
import type {Key} from './key.ts';
import type {Pane, Sort} from './pane.ts';
import {edit} from './prompt.ts';
import type {Registry} from './registry.ts';
import type {Sample} from './sample.ts';
import {signalled, watched} from './signals.ts';
import type {Overlay, PaneState, State, Toast} from './state.ts';
import {append, newest} from './timeline.ts';
import {cursorRow, shownSample, type View, viewOf} from './view.ts';

/** A new state and the effects it asks for. */
export type Updated = readonly [State, ...Effect[]];

const intervals = [250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

/** Makes the pure heart of the program: the state after an action, and what the outside world has to do. */
export const createUpdate = (registry: Registry): ((state: State, action: Action) => Updated) => {
	const {panes} = registry;
	const bindings = bindingsOf(panes);
	const byKey = new Map(bindings.flatMap(binding => binding.keys.map(key => [key, binding] as const)));

	const paneOf = (id: string): Pane => panes.find(pane => pane.id === id) as Pane;
	const own = (state: State): PaneState => state.panes[state.pane] as PaneState;
	const withOwn = (state: State, changed: Partial<PaneState>): State => ({
		...state,
		panes: {...state.panes, [state.pane]: {...own(state), ...changed}},
	});
	const view = (state: State): View => viewOf(panes, state);
	const say = (state: State, text: string, tone: Toast['tone'] = 'warn'): State => ({
		...state,
		toast: {text, tone, seq: newest(state.timeline)?.seq ?? 0},
	});

	const situation = (state: State): Situation => {
		const seen = view(state);
		const row = cursorRow(seen);
		const sample = seen.sample;
		return {
			pane: seen.pane,
			row: row !== undefined && !seen.gone,
			target: row && sample ? seen.pane.target(row, sample) : undefined,
			root: row && sample ? seen.pane.root(row, sample) : undefined,
			readOnly: state.readOnly,
			frozen: state.frozen !== undefined,
		};
	};

	const press = (state: State, key: Key): Updated => {
		const binding = byKey.get(key.name);
		if (binding && isGlobal(binding)) return act(state, binding.command, key);
		switch (state.overlay?.kind) {
			case 'confirm':
				return answer(state, state.overlay, key);
			case 'prompt':
				return type(state, state.overlay, key);
			case 'menu':
				return key.name === 'esc' || key.name === 'q' || key.name === 'f6'
					? [{...state, overlay: undefined}]
					: [state, {type: 'forward', key}];
			case 'help':
			case 'inspect':
				return turnPage(state, state.overlay, key, binding);
			case undefined: {
				if (key.name === 'paste') return [say(state, 'Pasted text is only taken by the filter: press / first.')];
				if (!binding) return [state];
				const why = binding.blocked?.(situation(state));
				return why ? [say(state, why)] : act(state, binding.command, key);
			}
		}
	};

	/** Keys on a page of text: they scroll it, go back, or do to the inspected row what they do to a row. */
	const turnPage = (
		state: State,
		page: Extract<Overlay, {kind: 'help' | 'inspect'}>,
		key: Key,
		binding: Binding | undefined,
	): Updated => {
		const command = binding?.command;
		if (command?.type === 'move') {
			const step = command.by === 'row' ? 1 : command.by === 'half' ? Math.ceil(state.size.rows / 2) : state.size.rows - 3;
			const top =
				command.by === 'end' ? (command.forward ? Number.MAX_SAFE_INTEGER : 0) : page.top + (command.forward ? step : -step);
			return [{...state, overlay: {...page, top: Math.max(0, top)}}];
		}
		if (
			page.kind === 'inspect' &&
			binding &&
			command &&
			(command.type === 'ask' || command.type === 'copy' || command.type === 'root')
		) {
			const why = binding.blocked?.(situation(state));
			return why ? [say(state, why)] : act({...state, overlay: undefined}, command, key);
		}
		const leaves = ['esc', 'q', 'enter', 'left', 'backspace'].includes(key.name) || command?.type === 'help';
		return leaves ? [{...state, overlay: undefined}] : [state];
	};

	/** Keys in the filter prompt: rows follow as one types, Enter keeps the filter, Esc gives the one before back. */
	const type = (state: State, prompt: Extract<Overlay, {kind: 'prompt'}>, key: Key): Updated => {
		if (key.name === 'esc') return [{...withOwn(state, {filter: prompt.before}), overlay: undefined}];
		if (key.name === 'enter')
			return prompt.error === undefined ? [{...withOwn(state, {filter: prompt.text.trim()}), overlay: undefined}] : [state];
		const edited = edit(prompt, key);
		if (!edited) return [state];
		const parsed = parseFilter(edited.text, paneOf(state.pane).columns);
		const next = {...state, overlay: {...prompt, ...edited, error: parsed.ok ? undefined : parsed.message}};
		return [parsed.ok ? withOwn(next, {filter: edited.text.trim(), top: 0, cursor: undefined}) : next];
	};

	const look = (state: State, pane: string, waiting: boolean): Updated => {
		const sample = shownSample(state);
		const chosen = {...state, pane, overlay: undefined, options: {...state.options, waiting}};
		const cursor = sample && cursorIn(own(chosen).cursor, paneOf(pane), sample);
		return [withOwn(chosen, {cursor}), {type: 'watch', pane}];
	};

	const move = (state: State, command: Extract<Command, {type: 'move'}>): Updated => {
		const seen = view(state);
		const height = bodyHeight(state);
		const step =
			command.by === 'row'
				? 1
				: command.by === 'half'
					? Math.ceil(height / 2)
					: command.by === 'page'
						? height
						: seen.rows.length;
		const from = seen.cursor >= 0 ? seen.cursor : command.by === 'row' ? (command.forward ? -1 : 1) : 0;
		const moved = cursorAt(own(state), seen, from + (command.forward ? step : -step));
		return [withOwn(state, {...moved, top: topFor(moved.top, moved.cursor?.index ?? -1, height, seen.rows.length)})];
	};

	const sorted = (state: State, sort: Sort): State => withOwn(state, {sort, top: 0, cursor: undefined});

	const sortBeside = (state: State, by: 1 | -1): Updated => {
		const {columns} = paneOf(state.pane);
		const at = columns.findIndex(({id}) => id === own(state).sort?.column);
		const next = columns[(at + by + columns.length) % columns.length];
		return next
			? [say(sorted(state, {column: next.id, descending: next.kind !== 'text'}), `Sorted by ${next.id}: ${next.help}`, 'calm')]
			: [state];
	};

	const gotoRoot = (state: State): Updated => {
		const {root} = situation(state);
		const [there, ...effects] = look(state, 'sessions', false);
		const withIdle = {...there, options: {...there.options, idle: true}};
		const seen = view(withOwn(withIdle, {filter: '', cursor: undefined}));
		const index = seen.rows.findIndex(row => seen.pane.identity(row) === root);
		if (index < 0) return [say(state, 'The root blocker is a prepared transaction, which has no session: see its gid in Locks.')];
		const moved = cursorAt({...own(there), filter: '', cursor: undefined}, seen, index);
		return [withOwn(withIdle, {...moved, top: topFor(0, index, bodyHeight(withIdle), seen.rows.length)}), ...effects];
	};

	const ask = (state: State, command: Extract<Command, {type: 'ask'}>, openedBy: string): Updated => {
		const {target} = situation(state);
		const sample = shownSample(state);
		if (!target || !sample) return [state];
		const changed = state.role !== undefined && registry.role(sample) !== state.role;
		return [{...state, overlay: confirmationOf(command.signal, target, sample.at, openedBy, changed)}];
	};

	const mark = (state: State): Updated => {
		const seen = view(state);
		const row = cursorRow(seen);
		if (!row) return act(state, {type: 'freeze'});
		const tagged = new Set(own(state).tagged);
		const identity = seen.pane.identity(row);
		if (!tagged.delete(identity)) tagged.add(identity);
		return move(withOwn(state, {tagged}), {type: 'move', by: 'row', forward: true});
	};

	const act = (state: State, command: Command, key?: Key): Updated => {
		switch (command.type) {
			case 'pane':
				return look(state, command.pane, command.waiting ?? false);
			case 'turn': {
				const at = panes.findIndex(({id}) => id === state.pane);
				return look(state, (panes[(at + command.by + panes.length) % panes.length] as Pane).id, false);
			}
			case 'move':
				return move(state, command);
			case 'scroll':
				return [
					withOwn(state, {column: Math.max(0, Math.min(own(state).column + command.by, paneOf(state.pane).columns.length - 2))}),
				];
			case 'release':
				return [withOwn(state, {cursor: undefined, column: 0})];
			case 'mark':
				return mark(state);
			case 'untag':
				return [withOwn(state, {tagged: new Set()})];
			case 'tag-all':
				return [withOwn(state, {tagged: new Set(view(state).rows.map(view(state).pane.identity))})];
			case 'freeze':
				return [{...state, frozen: state.frozen === undefined ? newest(state.timeline)?.seq : undefined}];
			case 'inspect': {
				const seen = view(state);
				const row = cursorRow(seen);
				return row ? [{...state, overlay: {kind: 'inspect', identity: seen.pane.identity(row), row, top: 0}}] : [state];
			}
			case 'root':
				return gotoRoot(state);
			case 'prompt': {
				const {filter} = own(state);
				return [{...state, overlay: {kind: 'prompt', text: filter, caret: filter.length, before: filter, error: undefined}}];
			}
			case 'clear-filter':
				return [withOwn(state, {filter: '', top: 0})];
			case 'sort': {
				const column = command.column === 'duration' ? paneOf(state.pane).durations?.[state.options.duration] : command.column;
				return [
					column
						? sorted(state, {column, descending: true})
						: say(state, `${paneOf(state.pane).title} stands in an order of its own.`),
				];
			}
			case 'sort-beside':
				return sortBeside(state, command.by);
			case 'invert': {
				const {sort} = own(state);
				return [
					sort
						? sorted(state, {...sort, descending: !sort.descending})
						: say(state, 'Choose a column to sort by first: F6, < or >.'),
				];
			}
			case 'menu':
				return [{...state, overlay: {kind: 'menu'}}];
			case 'toggle':
				return [{...state, options: {...state.options, [command.option]: !state.options[command.option]}}];
			case 'duration': {
				const next = {query: 'transaction', transaction: 'state', state: 'query'} as const;
				const duration = next[state.options.duration];
				return [say({...state, options: {...state.options, duration}}, `Durations are those of the ${duration}.`, 'calm')];
			}
			case 'interval': {
				const at = intervals.findLastIndex(step => step <= state.options.intervalMs);
				const intervalMs = intervals[Math.max(0, Math.min(at + command.by, intervals.length - 1))] ?? 1000;
				return [
					say({...state, options: {...state.options, intervalMs}}, `Refreshes every ${intervalMs / 1000} s.`, 'calm'),
					{type: 'interval', intervalMs},
				];
			}
			case 'refresh':
				return [state, {type: 'refresh'}];
			case 'copy': {
				const seen = view(state);
				const row = cursorRow(seen);
				return row
					? [
							say(state, 'Copied to the clipboard, where the terminal allows it.', 'calm'),
							{type: 'copy', text: seen.pane.copied(row)},
						]
					: [state];
			}
			case 'ask':
				return ask(state, command, key?.name ?? '');
			case 'help':
				return [{...state, overlay: {kind: 'help', top: 0}}];
			case 'back':
				return own(state).cursor ? [withOwn(state, {cursor: undefined})] : [state, {type: 'quit', status: 0}];
			case 'quit':
				return [state, {type: 'quit', status: 0}];
			case 'suspend':
				return [state, {type: 'suspend'}];
			case 'redraw':
				return [state, {type: 'redraw'}];
		}
	};

	const received = (state: State, sample: Sample): State => {
		const timeline = append(state.timeline, sample);
		const aged = state.toast && sample.seq - state.toast.seq >= 5 ? undefined : state.toast;
		const role = state.role ?? registry.role(sample);
		const next = watched(registry, {...state, timeline, role, staleMs: 0, toast: aged}, sample);
		return state.frozen === undefined ? withOwn(next, {cursor: cursorIn(own(next).cursor, paneOf(next.pane), sample)}) : next;
	};

	return (state, action) => {
		switch (action.type) {
			case 'sample':
				return [received(state, action.sample)];
			case 'link':
				return [{...state, link: action.link}];
			case 'key':
				return press(state, action.key);
			case 'resize':
				return [{...state, size: action.size}];
			case 'elapsed':
				return action.staleMs === state.staleMs ? [state] : [{...state, staleMs: action.staleMs}];
			case 'painted':
				return state.overlay?.kind === 'confirm' && state.overlay.paintedAt === undefined
					? [{...state, overlay: {...state.overlay, paintedAt: action.at}}]
					: [state];
			case 'resumed':
				return state.overlay?.kind === 'confirm' ? [{...state, overlay: undefined}] : [state];
			case 'chosen': {
				const column = paneOf(state.pane).columns.find(({id}) => id === action.column);
				return column
					? [{...sorted(state, {column: column.id, descending: column.kind !== 'text'}), overlay: undefined}]
					: [state];
			}
			case 'signalled':
				return [signalled(state, action)];
			case 'recording':
				return [{...state, recording: action.failure}];
			default:
				return act(state, action);
		}
	};
};

const isGlobal = ({command}: Binding): boolean =>
	command.type === 'quit' || command.type === 'suspend' || command.type === 'redraw';
