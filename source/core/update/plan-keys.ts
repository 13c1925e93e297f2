import type {Binding} from '../keys/binding.ts';
import {edit} from '../keys/prompt.ts';
import {pageLines, topWithin} from '../screen/page.ts';
import {matchesOf} from '../screen/plan-page.ts';
import type {Key} from '../state/key.ts';
import {say, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {PlanPage, State} from '../state/state.ts';
import {viewOf} from '../state/view.ts';
import {pressOnPage, type Run} from './page-keys.ts';

/** Handles a key on the page of a plan: `/` searches as one types, `n` and `N` go on; other keys are those of a page. */
export const pressOnPlan = (
	registry: Registry,
	state: State,
	page: PlanPage,
	key: Key,
	binding: Binding | undefined,
	run: Run,
): Updated => {
	const searches = (search: string, isTyping: boolean): Updated => {
		const next: PlanPage = {...page, search, isTyping, found: undefined};
		return [goTo(registry, {...state, overlay: next}, next, page.top, 'here')];
	};
	if (!page.plan) return pressOnPage(registry, state, page, key, binding, run);
	if (key.name === 'esc' && (page.isTyping || page.search !== '')) return searches('', false);
	if (page.isTyping) {
		if (key.name === 'enter') return searches(page.search, false);
		if (key.name === 'backspace' && page.search === '') return searches('', false);
		const edited = edit({text: page.search, caret: page.search.length}, key);
		return edited ? searches(edited.text, true) : [state];
	}
	if (binding?.command.type === 'prompt') return searches(page.search, true);
	if (page.search !== '' && (key.name === 'n' || key.name === 'N'))
		return [goTo(registry, state, page, page.found ?? page.top, key.name === 'n' ? 'next' : 'previous')];
	return pressOnPage(registry, state, page, key, binding, run);
};

/** Scrolls to a line that matches the search, seen from line `from`; from the last one to the first. */
const goTo = (registry: Registry, state: State, page: PlanPage, from: number, where: 'here' | 'next' | 'previous'): State => {
	const lines = pageLines(registry, state, viewOf(registry, state), page);
	const found = matchesOf(lines, page.search);
	const target = {
		here: found.find(index => index >= from) ?? found[0],
		next: found.find(index => index > from) ?? found[0],
		previous: found.findLast(index => index < from) ?? found.at(-1),
	}[where];
	if (page.search.trim() === '') return state;
	if (target === undefined) return say(state, `Not found: ${page.search}`);
	const to = topWithin(state, lines, target);
	const count = `${found.indexOf(target) + 1} of ${found.length}`;
	return say({...state, overlay: {...page, top: to, found: target}}, `Match ${count}.`, 'calm');
};
