import {bindingsOf} from '../keys/bindings.ts';
import {pageHeight} from '../state/frame.ts';
import type {Command} from '../state/message.ts';
import type {Registry} from '../state/registry.ts';
import type {Overlay, State} from '../state/state.ts';
import type {View} from '../state/view.ts';
import {linesInAscii} from '../text/ascii-lines.ts';
import type {Line} from '../text/line.ts';
import {helpLines} from './help.ts';
import {inspectLines} from './inspect.ts';
import {planPageLines} from './plan-page.ts';
import {resultLines} from './results.ts';

/** A page of text in place of the table. */
export type Page = Extract<Overlay, {kind: 'help' | 'inspect' | 'results' | 'plan'}>;

/** All lines of a page; the screen shows a part of them. */
export const pageLines = (registry: Registry, state: State, view: View, page: Page): readonly Line[] => {
	const lines = linesOf(registry, state, view, page);
	return state.options.ascii ? lines.flatMap(part => linesInAscii(part, state.size.columns)) : lines;
};

const linesOf = (registry: Registry, state: State, view: View, page: Page): readonly Line[] => {
	const {columns} = state.size;
	switch (page.kind) {
		case 'help':
			return helpLines(bindingsOf(registry.panes), view.pane, columns, page.search);
		case 'inspect':
			return inspectLines(view, page, columns);
		case 'results':
			return resultLines(state.batch, columns);
		case 'plan':
			return planPageLines(page, state.kept, columns, state.options.ascii);
		default:
			return page satisfies never;
	}
};

/** The open page of text, if any. */
export const pageOf = ({overlay}: State): Page | undefined =>
	overlay?.kind === 'help' || overlay?.kind === 'inspect' || overlay?.kind === 'results' || overlay?.kind === 'plan'
		? overlay
		: undefined;

/** Title of a page. */
export const pageTitle = (page: Page, view: View): string =>
	({help: 'Keys', inspect: view.pane.title, results: 'Results', plan: 'Plan'})[page.kind];

/** Keys to know on a page, and the search of the help. */
export const pageNote = (page: Page): string => {
	if (page.kind === 'plan' && !page.plan) return 'Esc = back';
	if (page.kind !== 'help' && page.kind !== 'plan') return 'Esc = back';
	if (page.isTyping) return `/${page.search}_  Enter = keep  Esc = clear`;
	if (page.search === '') return '/ = search  Esc = back';
	return page.kind === 'plan' ? `/${page.search}  n = next  Esc = clear` : `/${page.search}  Esc = clear`;
};

/** Lines of a page shown at once, below its title. */
export const shownLines = (state: State): number => Math.max(1, pageHeight(state) - 1);

/** Index of the first shown line, limited so that the page does not scroll past its end. */
export const topWithin = (state: State, lines: readonly Line[], top: number): number =>
	Math.max(0, Math.min(top, lines.length - shownLines(state)));

/** True if a command acts on the row of an inspect page as on a row of the table. */
export const actsOnPage = ({type}: Command): boolean =>
	type === 'ask' ||
	type === 'maintain' ||
	type === 'admin' ||
	type === 'measure' ||
	type === 'explain' ||
	type === 'copy' ||
	type === 'copy-timeout' ||
	type === 'save' ||
	type === 'bundle' ||
	type === 'root';

/** Keys of a page and their hints in the footer. */
export const pageHints = (page: Page): readonly (readonly [key: string, hint: string])[] => [
	['esc', 'Back'],
	['pgdn', 'Scroll'],
	...(page.kind === 'plan' && page.plan
		? [['/', 'Search'] as const, ['y', 'Copy'] as const, ['x', 'Save'] as const, ["'", 'Keep'] as const]
		: []),
];
