import type {Binding} from '../keys/binding.ts';
import {edit} from '../keys/prompt.ts';
import type {Key} from '../state/key.ts';
import type {Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Overlay, State} from '../state/state.ts';
import {pressOnPage, type Run} from './page-keys.ts';

type Help = Extract<Overlay, {kind: 'help'}>;

/** Handles a key in the help: `/` searches as one types, Enter keeps the search, Esc ends it; other keys are those of a page. */
export const pressInHelp = (
	registry: Registry,
	state: State,
	help: Help,
	key: Key,
	binding: Binding | undefined,
	run: Run,
): Updated => {
	const searches = (search: string, isTyping: boolean): Updated => [{...state, overlay: {...help, top: 0, search, isTyping}}];
	if (key.name === 'esc' && (help.isTyping || help.search !== '')) return searches('', false);
	if (help.isTyping) {
		if (key.name === 'enter') return searches(help.search, false);
		if (key.name === 'backspace' && help.search === '') return searches('', false);
		const edited = edit({text: help.search, caret: help.search.length}, key);
		if (edited) return searches(edited.text, true);
	} else if (binding?.command.type === 'prompt') return searches(help.search, true);
	return pressOnPage(registry, state, help, key, binding, run);
};
