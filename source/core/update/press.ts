import {answer} from '../actions/flow/confirm.ts';
import {leavePlan, planKey} from '../actions/flow/plan-page.ts';
import {situationOf} from '../actions/flow/situation.ts';
import {isUnderWay, stopBatch} from '../actions/flow/watch.ts';
import type {Binding} from '../keys/binding.ts';
import {bindingsOf} from '../keys/bindings.ts';
import {completeLine, completions, parseCommand} from '../keys/command-line.ts';
import {choicesOf, nextPlace} from '../keys/menu.ts';
import {edit} from '../keys/prompt.ts';
import {parseFilter} from '../pane/filter.ts';
import type {Pane} from '../pane/pane.ts';
import {actsOnPage, type Page, pageLines, shownLines, topWithin} from '../screen/page.ts';
import type {Key} from '../state/key.ts';
import {say, type Updated, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Overlay, State} from '../state/state.ts';
import {viewOf} from '../state/view.ts';
import type {Act} from './commands.ts';

type Menu = Extract<Overlay, {kind: 'menu' | 'action-menu'}>;

const leavesPage = new Set(['esc', 'q', 'enter', 'left', 'backspace']);
const leavesMenu = new Set(['esc', 'q', 'f6', 'f9']);

/** Makes what a key press does: to whatever lies over the table, else what its binding says, or why that cannot be. */
export const createPress = (registry: Registry, act: Act): ((state: State, key: Key) => Updated) => {
	const {panes} = registry;
	const bindings = bindingsOf(panes);
	const byKey = Map.groupBy(
		bindings.flatMap(binding => binding.keys.map(key => ({key, binding}))),
		({key}) => key,
	);

	/** What a key is bound to there: of several bindings first the one that is for this place. */
	const bindingFor = (state: State, key: Key): Binding | undefined => {
		const bound = byKey.get(key.name)?.map(({binding}) => binding) ?? [];
		const here = bound.find(({when: where}) => where?.(situationOf(registry, state)));
		return here ?? bound.find(({when: where}) => where === undefined);
	};

	const actOrSay = (state: State, binding: Binding, key: Key, under: State = state): Updated => {
		const why = binding.blocked?.(situationOf(registry, state));
		return why ? [say(state, why)] : act(under, binding.command, key.name);
	};

	/** Keys on a page of text: they scroll it, go back, or do to the inspected row what they do to a row. */
	const turnPage = (state: State, page: Page, key: Key, binding: Binding | undefined): Updated => {
		const command = binding?.command;
		// What is still to be sent is what Esc is for, until it has been stopped.
		const leaves = leavesPage.has(key.name) || command?.type === 'help';
		if (page.kind === 'results' && leaves && isUnderWay(state.batch)) return [stopBatch(state)];
		if (command?.type === 'move') {
			const lines = pageLines(registry, state, viewOf(panes, state), page);
			const height = shownLines(state);
			const step = {row: 1, half: Math.ceil(height / 2), page: height, end: lines.length}[command.by];
			return [{...state, overlay: {...page, top: topWithin(state, lines, page.top + (command.forward ? step : -step))}}];
		}
		if (page.kind === 'inspect' && binding?.group === 'Time') return actOrSay(state, binding, key);
		if (page.kind === 'inspect' && binding && actsOnPage(binding.command))
			return actOrSay(state, binding, key, staysOnPage(binding) ? state : {...state, overlay: undefined});
		if (page.kind === 'plan') return leavesPage.has(key.name) ? leavePlan(state, page) : planKey(state, page, key);
		return leaves ? [{...state, overlay: undefined}] : [state];
	};

	/** Keys in the filter prompt: rows follow as one types, Enter keeps the filter, Esc gives the one before back. */
	const type = (state: State, prompt: Extract<Overlay, {kind: 'prompt'}>, key: Key): Updated => {
		if (key.name === 'esc') return [{...withPaneState(state, {filter: prompt.previous}), overlay: undefined}];
		if (key.name === 'enter')
			return prompt.error === undefined ? [{...withPaneState(state, {filter: prompt.text.trim()}), overlay: undefined}] : [state];
		const edited = edit(prompt, key);
		if (!edited) return [state];
		const pane = panes.find(({id}) => id === state.pane) as Pane;
		const parsed = parseFilter(edited.text, pane.columns);
		const next = {...state, overlay: {...prompt, ...edited, error: parsed.ok ? undefined : parsed.message}};
		return [parsed.ok ? withPaneState(next, {filter: edited.text.trim(), top: 0, cursor: undefined}) : next];
	};

	/** Keys in the command line: Tab completes the last word, Enter does what it says. */
	const speak = (state: State, prompt: Extract<Overlay, {kind: 'prompt'}>, key: Key): Updated => {
		const pane = panes.find(({id}) => id === state.pane) as Pane;
		const closed = {...state, overlay: undefined};
		if (key.name === 'esc' || (key.name === 'backspace' && prompt.text === '')) return [closed];
		if (key.name === 'enter') {
			if (prompt.text.trim() === '') return [closed];
			const spoken = parseCommand(prompt.text, panes, pane);
			return spoken.ok ? act(closed, spoken.command, key.name) : [{...state, overlay: {...prompt, error: spoken.message}}];
		}
		const whole = key.name === 'tab' ? completeLine(prompt.text, prompt.words) : undefined;
		const edited = whole === undefined ? edit(prompt, key) : {text: whole, caret: whole.length};
		if (!edited) return [state];
		const words = completions(edited.text, panes, pane);
		return [{...state, overlay: {...prompt, ...edited, error: undefined, words}}];
	};

	/** Keys in a menu: they move its mark, Enter takes what is marked, and among the actions the key of each takes it. */
	const pick = (state: State, menu: Menu, key: Key, binding: Binding | undefined): Updated => {
		const closed = {...state, overlay: undefined};
		if (leavesMenu.has(key.name)) return [closed];
		const choices = menu.kind === 'action-menu' ? choicesOf(registry, state) : [];
		const columns = menu.kind === 'menu' ? (panes.find(({id}) => id === state.pane) as Pane).columns : [];
		if (key.name === 'enter') {
			const column = columns[menu.place]?.id;
			if (column !== undefined) return act(closed, {type: 'sort-by', column, descending: undefined});
			const choice = choices[menu.place];
			return choice ? actOrSay(closed, choice.binding, key) : [closed];
		}
		if (menu.kind === 'action-menu' && binding?.group === 'Acting') return actOrSay(closed, binding, key);
		if (binding?.command.type !== 'move') return [state];
		return [{...state, overlay: {...menu, place: nextPlace(menu.place, choices.length + columns.length, binding.command)}}];
	};

	return (state, key) => {
		const binding = bindingFor(state, key);
		if (binding && isGlobal(binding)) return act(state, binding.command);
		const {overlay} = state;
		switch (overlay?.kind) {
			case 'confirm':
				return answer(state, overlay, key);
			case 'prompt':
				return overlay.asks === 'filter' ? type(state, overlay, key) : speak(state, overlay, key);
			case 'action-menu':
			case 'menu':
				return pick(state, overlay, key, binding);
			case 'help':
			case 'inspect':
			case 'results':
			case 'plan':
				return turnPage(state, overlay, key, binding);
			case undefined:
				if (key.name === 'paste') return [say(state, 'Pasted text is only taken where text is typed: press / or : first.')];
				return binding ? actOrSay(state, binding, key) : [state];
		}
	};
};

// What is asked there is about the row that is inspected, whatever is tagged.
const staysOnPage = ({command: {type}}: Binding): boolean =>
	type === 'explain' || type === 'ask' || type === 'save' || type === 'bundle';

const isGlobal = ({command}: Binding): boolean =>
	command.type === 'quit' || command.type === 'suspend' || command.type === 'redraw';
