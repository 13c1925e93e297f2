import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {ExplainOutcome, ExplainRequest} from '../../../../source/core/explain/request.ts';
import {screen} from '../../../../source/core/screen/screen.ts';
import type {State} from '../../../../source/core/state/state.ts';
import {textOf} from '../../../../source/core/text/line.ts';
import {registry} from '../../../../source/panes/index.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';

const size = {columns: 120, rows: 40};
const json = readFileSync(join(import.meta.dirname, '../../../plans/join-18.json'), 'utf8');
const samples = samplesOf('runaway-query');

const looking = (options?: Parameters<typeof stateConnected>[1]): State =>
	pressed(
		played(
			stateConnected(size, options),
			samples.map(sample => ({type: 'sample', sample}) as const),
		).state,
		'down',
	);

/** The state after a key, and the request that it sent. */
const asking = (state: State, key: string): {readonly state: State; readonly request: ExplainRequest} => {
	const [next, effect] = update(state, {type: 'key', key: keyOf(key, 5000)});
	if (effect?.type !== 'explain') throw new Error(`${key} sent no request: ${next.toast?.text}`);
	return {state: next, request: effect.request};
};

const plannedFor = (request: ExplainRequest): ExplainOutcome => ({
	outcome: 'planned',
	json,
	of: {
		query: request.query,
		normalised: false,
		role: request.role,
		rights: 'role',
		path: 'public',
		analyzed: request.analyze,
		tookMs: 20,
		notes: [],
	},
});

const text = (state: State): string => screen(registry, state).map(textOf).join('\n');

describe('the page of a plan', () => {
	it('shows the elapsed time, then the plan, and goes back', () => {
		const {state, request} = asking(looking(), 'e');
		expect(request).toMatchObject({analyze: false, accepted: [], role: expect.any(String), database: expect.any(String)});
		const waiting = update(state, {type: 'explaining', request, tookMs: 1234})[0];
		expect(text(waiting)).toContain('Explaining … 1.2 s, Esc cancels');
		const there = update(waiting, {type: 'explained', request, outcome: plannedFor(request)})[0];
		expect(text(there)).toMatch(/Bitmap Heap Scan on orders o/);
		expect(text(there)).toContain('y Copy  x Save');
		expect(update(there, {type: 'key', key: keyOf('esc', 9000)})).toEqual([expect.objectContaining({overlay: undefined})]);
	});

	it('goes back to the page of the row it was opened from', () => {
		const inspecting = pressed(looking(), 'enter');
		expect(inspecting.overlay?.kind).toBe('inspect');
		const {state, request} = asking(inspecting, 'e');
		const there = update(state, {type: 'explained', request, outcome: plannedFor(request)})[0];
		expect(pressed(there, 'esc').overlay?.kind).toBe('inspect');
	});

	it('cancels its request when left, and ignores a later answer', () => {
		const {state, request} = asking(looking(), 'e');
		const [left, effect] = update(state, {type: 'key', key: keyOf('esc', 9000)});
		expect(effect).toEqual({type: 'abandon'});
		expect(left.overlay).toBeUndefined();
		expect(update(left, {type: 'explained', request, outcome: plannedFor(request)})[0]).toBe(left);
		const again = asking(left, 'e');
		expect(update(again.state, {type: 'explained', request, outcome: plannedFor(request)})[0]).toBe(again.state);
	});

	it('shows why there is no plan', () => {
		const {state, request} = asking(looking(), 'e');
		const failure = {code: '42P01', message: 'relation "x\u001b[31m" does not exist', hint: 'It may be temporary.'};
		const refused = update(state, {type: 'explained', request, outcome: {outcome: 'refused', failure}})[0];
		expect(text(refused)).toContain('relation "x^[[31m" does not exist');
		expect(text(refused)).toContain('It may be temporary.');
		const nonsense = {...plannedFor(request), json: 'nonsense'} as ExplainOutcome;
		expect(text(update(state, {type: 'explained', request, outcome: nonsense})[0])).toContain(
			"The server's answer is not a plan.",
		);
	});

	it('copies the plan as text and saves it as text and JSON under a unique name', () => {
		const {state, request} = asking(looking(), 'e');
		const there = update(state, {type: 'explained', request, outcome: plannedFor(request)})[0];
		const [, copy] = update(there, {type: 'key', key: keyOf('y', 9000)});
		expect(copy).toMatchObject({type: 'copy', text: expect.stringMatching(/^Limit {2}\(cost=/)});
		const [, save] = update(there, {type: 'key', key: keyOf('x', 9000)});
		expect(save).toMatchObject({
			type: 'save',
			files: [
				{name: expect.stringMatching(/^pgtriage-plan-\d+-\d{8}T\d{6}\.txt$/), text: expect.stringMatching(/^Limit/)},
				{name: expect.stringMatching(/\.sql$/), text: expect.stringMatching(/^-- Not executed\./)},
				{name: expect.stringMatching(/^pgtriage-plan-\d+-\d{8}T\d{6}\.json$/), text: `${json.trimEnd()}\n`},
			],
		});
		expect(text(update(there, {type: 'saved', names: ['/a', '/b'], failure: undefined})[0])).toContain('Saved as /a and /b.');
		expect(text(update(there, {type: 'saved', names: [], failure: 'It is full.'})[0])).toContain('It is full.');
		// Nothing to copy while pending.
		for (const key of ['y', 'x']) expect(update(state, {type: 'key', key: keyOf(key, 9000)})).toHaveLength(1);
	});

	it('keeps a plan and shows the next one beside it, or below it on a narrow screen', () => {
		const first = asking(looking(), 'e');
		const shown = update(first.state, {type: 'explained', request: first.request, outcome: plannedFor(first.request)})[0];
		const kept = pressed(shown, "'");
		expect(kept.toast?.text).toBe('Kept: the next plan is shown beside this one.');
		// The kept plan itself has nothing beside it.
		expect(text(kept)).not.toContain('Kept at');
		const again = asking(pressed(kept, 'esc'), 'e');
		const other = plannedFor(again.request);
		const changed = {
			...other,
			json: json.replace('"Bitmap Heap Scan"', '"Seq Scan"').replaceAll(/"Total Cost": \d+/g, '"Total Cost": 9'),
		};
		const both = update(again.state, {type: 'explained', request: again.request, outcome: changed as ExplainOutcome})[0];
		expect(text(both)).toMatch(/Kept at [\d:]{8} +│ Now, [\d:]{8}/);
		expect(text(both)).toMatch(/Cost .* before, .* now: .* times (?:more|less)\./);
		expect(text(both)).toMatch(/\* marks the steps that differ: 2\./);
		const narrow = {...both, size: {columns: 80, rows: 100}};
		expect(text(narrow)).toMatch(/Kept at [\d:]{8} *\n[\s\S]*Now, [\d:]{8} *\n/);
		expect(text(narrow)).toMatch(/\*\S* *[└├│ ]*Bitmap Heap Scan on orders o[\s\S]*\*\S* *[└├│ ]*Seq Scan on orders o/);
		// Kept instead: this plan alone.
		expect(text(pressed(both, "'"))).not.toContain('Kept at');
	});

	it('searches in a plan', () => {
		const {state, request} = asking({...looking(), size: {columns: 120, rows: 14}}, 'e');
		const there = update(state, {type: 'explained', request, outcome: plannedFor(request)})[0];
		const typed = pressed(there, '/', ...'recheck');
		expect(text(typed)).toContain('/recheck_  Enter = keep  Esc = clear');
		expect(text(typed)).toContain('Recheck Cond');
		expect(typed.toast?.text).toBe('Match 1 of 1.');
		const kept = pressed(typed, 'enter');
		expect(text(kept)).toContain('/recheck  n = next  Esc = clear');
		const scans = pressed(pressed(there, '/', ...'scan'), 'enter');
		const count = Number(/of (\d+)/.exec(scans.toast?.text ?? '')?.[1]);
		expect(count).toBeGreaterThan(1);
		expect(pressed(scans, 'n').toast?.text).toBe(`Match 2 of ${count}.`);
		expect(pressed(scans, 'N').toast?.text).toBe(`Match ${count} of ${count}.`);
		expect(pressed(there, '/', ...'nowhere').toast?.text).toBe('Not found: nowhere');
		const cleared = pressed(kept, 'esc');
		expect(cleared.overlay).toMatchObject({kind: 'plan', search: ''});
		expect(pressed(cleared, 'esc').overlay).toBeUndefined();
		// q is a letter while one types.
		expect(pressed(there, '/', 'q').overlay).toMatchObject({kind: 'plan', search: 'q'});
	});

	it('needs a typed word if there are risks, and sends the accepted ones', () => {
		const {state, request} = asking(looking(), 'E');
		expect(request.analyze).toBe(true);
		const risks = ['It is executed.'];
		const asked = update(state, {type: 'explained', request, outcome: {outcome: 'risky', risks, sql: 'explain (analyze) …'}})[0];
		expect(asked.overlay).toMatchObject({kind: 'confirm', word: 'analyze', risks, openedBy: 'E'});
		const painted = update(asked, {type: 'painted', at: 10_000})[0];
		const typed = played(
			painted,
			[...'analyze', 'enter'].map((name, index) => ({type: 'key', key: keyOf(name, 11_000 + index)}) as const),
		);
		expect(typed.effects).toEqual([{type: 'explain', request: {...request, accepted: risks, sql: 'explain (analyze) …'}}]);
		expect(typed.state.overlay).toMatchObject({kind: 'plan', outcome: undefined});
		const declined = played(painted, [{type: 'key', key: keyOf('esc', 11_000)}]);
		expect(declined.effects).toEqual([]);
		expect(declined.state.toast?.text).toBe('Nothing explained.');
	});
});

describe('EXPLAIN is refused', () => {
	const refusal = (state: State, key = 'e'): string | undefined => {
		const [next, ...effects] = update(state, {type: 'key', key: keyOf(key, 5000)});
		expect(effects).toEqual([]);
		return next.toast?.text;
	};

	it('without a row, on a frozen screen, without a server, and in a process without actions', () => {
		expect(
			refusal(
				played(
					stateConnected(size),
					samples.map(sample => ({type: 'sample', sample}) as const),
				).state,
			),
		).toContain('No row selected');
		expect(refusal(pressed(looking(), 'p'))).toContain('Screen frozen');
		expect(refusal({...looking(), staleMs: 3000})).toContain('does not answer');
		for (const key of ['e', 'E']) expect(refusal(looking({readOnly: 'This is a recording.'}), key)).toBe('This is a recording.');
	});

	it('for a row without a statement', () => {
		const settings = played(looking(), [{type: 'pane', pane: 'log'}]).state;
		expect(refusal(pressed(settings, 'down'))).toMatch(/No row selected|has no statement/);
	});
});
