import {bindingsOf} from '../keys/bindings.ts';
import {pageHeight} from '../state/frame.ts';
import type {Command} from '../state/message.ts';
import type {Registry} from '../state/registry.ts';
import type {Overlay, State} from '../state/state.ts';
import type {View} from '../state/view.ts';
import type {Line} from '../text/line.ts';
import {helpLines} from './help.ts';
import {inspectLines} from './inspect.ts';
import {planPageLines} from './plan-page.ts';
import {resultLines} from './results.ts';

/** A page of text that stands in the table's place. */
export type Page = Extract<Overlay, {kind: 'help' | 'inspect' | 'results' | 'plan'}>;

/** All lines of a page, of which the screen shows as many as it has room for. */
export const pageLines = (registry: Registry, state: State, view: View, page: Page): readonly Line[] => {
	const {columns} = state.size;
	switch (page.kind) {
		case 'help':
			return helpLines(bindingsOf(registry.panes), view.pane, columns);
		case 'inspect':
			return inspectLines(view, page, columns);
		case 'results':
			return resultLines(state.batch, columns);
		case 'plan':
			return planPageLines(page, columns, state.options.ascii);
	}
};

/** The page of text that lies over the table, if one does. */
export const pageOf = ({overlay}: State): Page | undefined =>
	overlay?.kind === 'help' || overlay?.kind === 'inspect' || overlay?.kind === 'results' || overlay?.kind === 'plan'
		? overlay
		: undefined;

/** What a page is called in the line above it. */
export const pageTitle = (page: Page, view: View): string =>
	({help: 'Keys', inspect: view.pane.title, results: 'Results', plan: 'Plan'})[page.kind];

/** Lines of a page that are seen at once, below its title. */
export const shownLines = (state: State): number => Math.max(1, pageHeight(state) - 1);

/** The first line to show, so that the page's end is not scrolled past. */
export const topWithin = (state: State, lines: readonly Line[], top: number): number =>
	Math.max(0, Math.min(top, lines.length - shownLines(state)));

/** Whether a command does to the row of an inspect page what it does to a row of the table. */
export const actsOnPage = ({type}: Command): boolean =>
	type === 'ask' ||
	type === 'maintain' ||
	type === 'admin' ||
	type === 'measure' ||
	type === 'explain' ||
	type === 'copy' ||
	type === 'save' ||
	type === 'bundle' ||
	type === 'root';

/** Keys that a page answers besides those that scroll it, with their words in the footer. */
export const pageHints = (page: Page): readonly (readonly [key: string, hint: string])[] => [
	['esc', 'Back'],
	['pgdn', 'Further'],
	...(page.kind === 'plan' && page.plan ? [['y', 'Copy'] as const, ['x', 'Save'] as const] : []),
];
