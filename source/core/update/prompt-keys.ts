import {completeLine, completions, parseCommand} from '../keys/command-line.ts';
import {edit} from '../keys/prompt.ts';
import {parseFilter} from '../pane/filter.ts';
import type {Key} from '../state/key.ts';
import {type Updated, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Overlay, State} from '../state/state.ts';
import {shownPane} from '../state/view.ts';
import type {Act} from './commands.ts';

type Prompt = Extract<Overlay, {kind: 'prompt'}>;

/** Handles a key in the filter prompt: filters as one types, Enter keeps the filter, Esc restores the previous one. */
export const pressInFilter = (registry: Registry, state: State, prompt: Prompt, key: Key): Updated => {
	const closed = {...state, overlay: undefined};
	if (key.name === 'esc') return [withPaneState(closed, {filter: prompt.previous})];
	if (key.name === 'enter') return [prompt.error === undefined ? withPaneState(closed, {filter: prompt.text.trim()}) : state];
	const edited = edit(prompt, key);
	if (!edited) return [state];
	const filter = parseFilter(edited.text, shownPane(registry, state).columns);
	const next = {...state, overlay: {...prompt, ...edited, error: filter.ok ? undefined : filter.message}};
	return [filter.ok ? withPaneState(next, {filter: edited.text.trim(), top: 0, cursor: undefined}) : next];
};

/** Handles a key on the command line: Tab completes the last word, Enter runs the command. */
export const pressInCommandLine = (registry: Registry, state: State, prompt: Prompt, key: Key, act: Act): Updated => {
	const {panes} = registry;
	const pane = shownPane(registry, state);
	const closed = {...state, overlay: undefined};
	if (key.name === 'esc' || (key.name === 'backspace' && prompt.text === '')) return [closed];
	if (key.name === 'enter') {
		if (prompt.text.trim() === '') return [closed];
		const parsed = parseCommand(prompt.text, panes, pane);
		return parsed.ok ? act(closed, parsed.command, key.name) : [{...state, overlay: {...prompt, error: parsed.message}}];
	}
	const completion = key.name === 'tab' ? completeLine(prompt.text, prompt.words) : undefined;
	const edited = completion === undefined ? edit(prompt, key) : {text: completion, caret: completion.length};
	if (!edited) return [state];
	const words = completions(edited.text, panes, pane);
	return [{...state, overlay: {...prompt, ...edited, error: undefined, words}}];
};
