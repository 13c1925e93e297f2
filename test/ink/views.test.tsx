import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {render} from 'ink-testing-library';
import {describe, expect, it, vi} from 'vitest';
import type {Question} from '../../source/core/actions/question.ts';
import {signalQuestion} from '../../source/core/actions/signal-question.ts';
import type {Target} from '../../source/core/actions/target.ts';
import {acting} from '../../source/core/keys/action-keys.ts';
import type {Binding} from '../../source/core/keys/binding.ts';
import type {Overlay} from '../../source/core/state/state.ts';
import {widthOf} from '../../source/core/text/clean.ts';
import {registry} from '../../source/panes/index.ts';
import {lookOf} from '../../source/terminal/look.ts';
import {ActMenu} from '../../source/views/act-menu.tsx';
import {ConfirmDialog} from '../../source/views/confirm-dialog.tsx';
import {Prompt} from '../../source/views/prompt.tsx';
import {SortMenu} from '../../source/views/sort-menu.tsx';
import {monochrome} from '../../source/views/theme.ts';
import {longestWaitMs} from '../lifetime.ts';

const look = lookOf(monochrome, {colors: 'none', ascii: false});
const columns = registry.panes.find(({id}) => id === 'sessions')?.columns ?? [];
const now = '2026-11-22T14:30:00.000000+00:00';

const target: Target = {
	pid: 4711,
	backend_start: '2026-11-22T14:00:00.000000+00:00',
	backend_type: 'client backend',
	query_start: '2026-11-22T14:29:56.000000+00:00',
	xact_start: '2026-11-22T14:25:00.000000+00:00',
	usename: 'shop',
	superuser: false,
	datname: 'orders',
	application_name: 'checkout',
	client_addr: '10.0.0.7',
	state: 'active',
	wait_event: null,
	query: 'update accounts\n\x1b]0;owned\x07set balance = 0',
	blocks: 12,
	waiters: () => [],
	own: false,
};

// The styles of Ink's text, which the terminal layer parses; no other escape sequence is allowed.
const withoutLooks = (frame: string | undefined): string => (frame ?? '').replace(/\x1b\[[0-9;]*m/g, '');

const frameOf = (tree: Parameters<typeof render>[0]): string => withoutLooks(render(tree).lastFrame());

describe('the question before a session is terminated', () => {
	const ask = (changed: Partial<Target> = {}) =>
		signalQuestion('terminate', [{...target, ...changed}], {askedAt: now, openedBy: 'K', roleChanged: false});

	it('names the session, the sessions that it blocks and the exact statement', () => {
		const frame = frameOf(<ConfirmDialog question={ask()} size={{columns: 100, rows: 40}} look={look} onPainted={() => {}} />);
		for (const words of [
			'Terminate session 4711?',
			'shop@orders, client backend',
			'checkout from 10.0.0.7',
			'open for 5m00',
			'update accounts',
			'12 sessions',
			'pg_catalog.pg_terminate_backend(a.pid)',
			'[y] terminate',
		])
			expect(frame).toContain(words);
	});

	it('shows no control character of the statement, at any width', () => {
		for (const width of [40, 80, 200]) {
			const frame = frameOf(
				<ConfirmDialog
					question={ask({query: '\x1b]0;owned\x07\u202egnp'})}
					size={{columns: width, rows: 40}}
					look={look}
					onPainted={() => {}}
				/>,
			);
			expect(frame).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
			expect(frame).toContain('^[');
			for (const row of frame.split('\n')) expect(widthOf(row)).toBeLessThanOrEqual(width);
		}
	});

	it('requires a typed word for a dump', () => {
		const frame = frameOf(
			<ConfirmDialog
				question={ask({application_name: 'pg_dump'})}
				size={{columns: 100, rows: 40}}
				look={look}
				onPainted={() => {}}
			/>,
		);
		expect(frame).toContain('It looks like a dump or a backup');
		expect(frame).toContain('Type "terminate" + Enter');
	});

	it('reports once that it has been painted, and again after news', async () => {
		const painted = vi.fn();
		const dialog = (question: Question, columns = 100) => (
			<ConfirmDialog question={question} size={{columns, rows: 40}} look={look} onPainted={painted} />
		);
		const {rerender} = render(dialog(ask()));
		await vi.waitFor(() => expect(painted).toHaveBeenCalledTimes(1), {timeout: longestWaitMs});
		rerender(dialog(ask(), 80));
		rerender(dialog({...ask(), paintedAt: 1}));
		expect(painted).toHaveBeenCalledTimes(1);
		rerender(dialog({...ask(), news: {sentences: ['It ended.'], isVoid: true}}));
		await vi.waitFor(() => expect(painted).toHaveBeenCalledTimes(2), {timeout: longestWaitMs});
	});
});

it('views take every style from the theme: none has one of Ink', () => {
	const folder = join(import.meta.dirname, '../../source/views');
	const files = readdirSync(folder).filter(file => file.endsWith('.tsx'));
	expect(files).toContain('styled.tsx');
	for (const file of files)
		expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(
			/<(?:Box|Text)\b[^>]*\s(?:bold|inverse|dimColor|underline|italic|color|backgroundColor|border\w*Color)\b/,
		);
});

describe('a menu', () => {
	const size = {columns: 80, rows: 12};
	const labels = columns.map(({title}) => title);

	it('shows the marked line at every size, whatever was marked or the size before', () => {
		const {rerender, lastFrame} = render(<SortMenu columns={columns} place={0} size={size} look={look} />);
		for (const [place, label] of labels.entries())
			for (const rows of [40, 12, 5, 24]) {
				rerender(<SortMenu columns={columns} place={place} size={{...size, rows}} look={look} />);
				const frame = withoutLooks(lastFrame());
				expect(frame.match(/❯/g)).toHaveLength(1);
				expect(frame).toContain(`❯ ${label} `);
			}
	});

	it('keeps every column on one line of the screen', () => {
		const frame = frameOf(<SortMenu columns={columns} place={3} size={{columns: 60, rows: 24}} look={look} />);
		for (const row of frame.split('\n')) expect(widthOf(row)).toBeLessThanOrEqual(60);
		expect(frame.split('\n').length).toBeLessThanOrEqual(24);
	});

	it('of actions shows the marked one and the reason that it is refused', () => {
		const [binding] = acting as [Binding];
		const offered = labels.map((name, place) => ({key: 'K', name, why: `This row is ${place % 2} sessions.`, binding}));
		for (const place of offered.keys())
			expect(frameOf(<ActMenu choices={offered} place={place} label={undefined} size={size} look={look} />)).toContain(
				`❯ K  ${labels[place]}: This row is ${place % 2} sessions.`,
			);
	});

	it('draws the mark in ASCII and the label of the server in front of its title', () => {
		const [binding] = acting as [Binding];
		const frame = frameOf(
			<ActMenu
				choices={[{key: 'K', name: 'Terminate', why: undefined, binding}]}
				place={0}
				label="PROD"
				size={size}
				look={{...look, ascii: true}}
			/>,
		);
		expect(frame).toMatch(/^[\x20-\x7e\n]*$/);
		expect(frame).toContain(' PROD  Actions');
		expect(frame).toContain('> K  Terminate');
	});

	it('of actions shows a reason shared by all of them once and in full', () => {
		const [binding] = acting as [Binding];
		const why = 'Signals need membership in the role app_owner or pg_signal_backend, which this login does not have.';
		const offered = labels.map(name => ({key: 'K', name, why, binding}));
		for (const place of offered.keys()) {
			const frame = frameOf(<ActMenu choices={offered} place={place} label={undefined} size={size} look={look} />);
			expect(frame.replaceAll(/[│\s]+/g, ' ').split(why)).toHaveLength(2);
			expect(frame).toMatch(new RegExp(`❯ K  ${labels[place]} `));
			expect(frame.split('\n').length).toBeLessThanOrEqual(size.rows);
		}
	});
});

describe('the prompt', () => {
	const prompt = (changed: Partial<Extract<Overlay, {kind: 'prompt'}>>) =>
		frameOf(
			<Prompt
				prompt={{kind: 'prompt', asks: 'filter', text: '', caret: 0, previous: '', error: undefined, words: [], ...changed}}
				columns={80}
				look={look}
			/>,
		);

	it('shows the filter language while it is empty', () => {
		expect(prompt({})).toContain('state=active age>5m');
	});

	it('shows the typed text and its error', () => {
		const frame = prompt({text: 'stat', caret: 4, error: 'There is no column x.'});
		expect(frame).toContain('/stat');
		expect(frame).toContain('There is no column x.');
	});

	it('shows the caret in inverse video without colors, whatever chalk knows of the terminal', () => {
		const frame = render(
			<Prompt
				prompt={{kind: 'prompt', asks: 'filter', text: 'ab', caret: 1, previous: '', error: undefined, words: []}}
				columns={80}
				look={look}
			/>,
		).lastFrame();
		expect(frame).toContain('\x1b[7mb');
	});

	it('shows the completions of a command', () => {
		const frame = prompt({asks: 'command', text: 'lo', caret: 2, words: ['locks', 'log']});
		expect(frame).toMatch(/:lo +locks log/);
	});
});
