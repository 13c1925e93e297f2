import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Sample} from '../../source/core/sample/sample.ts';
import {laterBy} from '../../source/core/values/instant.ts';
import {sessions} from '../../source/queries/activity/sessions.ts';
import {journal} from '../../source/queries/beside/journal.ts';
import {markdownOf} from '../../source/report/markdown.ts';
import {reportPage} from '../../source/report/page/page.ts';
import {unsafe} from '../core/arbitraries.ts';
import {answer, makeSample} from '../findings/samples.ts';
import {recordedSamples, reported} from './reported.ts';

const names = readdirSync(join(import.meta.dirname, '../recordings')).map(file => file.replace(/\.ndjson$/, ''));

/** Markdown with its escapes resolved. */
const shown = (markdown: string): string =>
	markdown.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replace(/\\([!-/:-@[-`{-~])/g, '$1');

/** A sample without a session and its locks. */
const without = (sample: Sample, pid: number): Sample => ({
	...sample,
	results: Object.fromEntries(
		Object.entries(sample.results).map(([name, result]) => [
			name,
			result.ok && (name === 'sessions' || name === 'locks')
				? {...result, rows: result.rows.filter(row => row.pid !== pid)}
				: result,
		]),
	),
});

describe.each(names)('the report of %s', name => {
	it('is clean text without placeholders and has all sections', async () => {
		const report = reported(await recordedSamples(name));
		const markdown = markdownOf(report);
		expect(markdown).not.toMatch(/undefined|NaN|\[object|\bInfinity\b/);
		expect(markdown.replaceAll('\n', '')).not.toMatch(unsafe);
		expect(report.summary.length).toBeGreaterThan(0);
		expect(report.summary.length).toBeLessThanOrEqual(5);
		for (const sentence of report.summary) expect(sentence).toMatch(/[.]$/);
		expect(markdown.match(/^## .*/gm)).toEqual(
			['Summary', 'Timeline', 'Peak load', 'Root blockers', 'Findings', 'Actions', 'Statements', 'Settings'].map(
				title => `## ${title}`,
			),
		);
	});

	it('has tables whose rows have as many cells as their heads', async () => {
		const lines = markdownOf(reported(await recordedSamples(name))).split('\n');
		for (const [index, line] of lines.entries()) {
			const above = lines[index - 1] ?? '';
			if (line.startsWith('|') && above.startsWith('|')) expect(line.split('|').length, line).toBe(above.split('|').length);
		}
	});

	it('is the same on every run', async () => {
		const [one, other] = [reported(await recordedSamples(name)), reported(await recordedSamples(name))];
		expect(JSON.stringify(other)).toBe(JSON.stringify(one));
		expect(markdownOf(other)).toBe(markdownOf(one));
	});
});

describe('root blockers', () => {
	it('are named with all sessions they blocked, the worst first', async () => {
		const {root_blockers, summary} = reported(await recordedSamples('all-incidents-18'));
		expect(root_blockers).toHaveLength(2);
		const [chain, queue] = root_blockers;
		expect(chain).toMatchObject({state: 'idle in transaction', sessions_peak: 6, blast_sessions: 6, ended_at: null});
		expect(chain?.identity).toMatch(/^\d+@2026-/);
		expect(chain?.wait_seconds).toBeGreaterThan(35);
		expect(chain?.blast_radius[0]).toEqual({application: 'api', user: 'shop', database: 'shop', sessions: 2});
		expect(chain?.blast_radius.reduce((sum, {sessions}) => sum + sessions, 0)).toBe(6);
		expect(queue).toMatchObject({holds: 'AccessShareLock on public.invoices', sessions_peak: 4});
		expect(summary.join(' ')).toContain(
			`${chain?.name} was the worst of 2 root blockers: 6 sessions blocked at once, 6 over time`,
		);
	});

	it('end with their session or with the signal sent to it', async () => {
		const samples = await recordedSamples('lock-chain');
		const [root] = reported(samples).root_blockers;
		const pid = Number.parseInt(root?.identity ?? '', 10);
		const ended = samples.map((sample, index) => (index < 5 ? sample : without(sample, pid)));
		const [gone] = reported(ended).root_blockers.filter(({identity}) => identity === root?.identity);
		expect(gone).toMatchObject({last: samples[4]?.at, ended_at: samples[5]?.at, ended: 'its session ended'});

		const start = root?.identity.split('@')[1];
		const at = laterBy(samples[4]?.at ?? '', 200);
		const [, rows] = answer(
			journal,
			{number: 1, at, kind: 'action', target: `terminate ${pid} (shop@shop) of ${start}`, outcome: 'sent'},
			{number: 2, at: samples[5]?.at ?? '', kind: 'effect', target: `terminate ${pid} (shop@shop)`, outcome: 'It is gone.'},
		);
		const journalled = ended.map(
			(sample): Sample => ({
				...sample,
				results: {...sample.results, journal: {ok: true, at: sample.at, tookMs: 0, rows: sample.at > at ? rows : []}},
			}),
		);
		const report = reported(journalled);
		const [killed] = report.root_blockers.filter(({identity}) => identity === root?.identity);
		expect(killed?.ended).toBe(`its session ended; terminate by pgtriage at ${at}: sent`);
		expect(report.actions).toMatchObject([{at, outcome: 'sent', effects: [{at: samples[5]?.at, outcome: 'It is gone.'}]}]);
		expect(report.events.map(({kind}) => kind)).toEqual(expect.arrayContaining(['action', 'effect']));
		expect(markdownOf(report)).toMatch(/^events.*!/m);
	});

	it('may be prepared transactions', async () => {
		const {root_blockers} = reported(await recordedSamples('prepared-transaction'));
		expect(root_blockers[0]?.identity).toMatch(/^prepared /);
		expect(root_blockers[0]).toMatchObject({state: 'prepared', query: null});
	});
});

describe('findings', () => {
	it('have their times and their worst summary', async () => {
		const samples = await recordedSamples('ddl-queue');
		const {findings} = reported(samples);
		const queue = findings.find(({rule}) => rule === 'ddl-queue');
		expect(queue).toMatchObject({from_start: false, to_end: true, last: samples.at(-1)?.at});
		expect(queue?.seconds).toBeGreaterThan(4);
		expect(queue?.times).toHaveLength(1);
		expect(queue?.summary).toContain('alter table invoices');
		expect(queue?.first_summary).not.toBe(queue?.summary);
	});

	it.each([
		['less than five seconds continue', 4, 1],
		['five seconds begin again', 5, 2],
	])('that pause for %s', async (_, pause, times) => {
		const [, , sample] = await recordedSamples('lock-chain');
		const calm = {...without(sample as Sample, 0), results: {}};
		const second = (source: Sample, seconds: number): Sample => ({
			...source,
			seq: seconds,
			at: laterBy(sample?.at ?? '', seconds * 1000),
		});
		const present = [0, 1, 1 + pause, 2 + pause];
		const samples = Array.from({length: 3 + pause}, (__, index) =>
			second(present.includes(index) ? (sample as Sample) : calm, index),
		);
		const trouble = reported(samples).findings.find(({rule}) => rule === 'root-blocker');
		expect(trouble?.times).toHaveLength(times);
		expect(trouble).toMatchObject({first: samples[0]?.at, last: samples.at(-1)?.at});
	});
});

describe('literals', () => {
	it('are replaced in all parts of a report unless requested', async () => {
		const samples = await recordedSamples('lock-chain');
		expect(JSON.stringify(reported(samples))).not.toMatch(/id = \d/);
		expect(shown(markdownOf(reported(samples)))).toContain('where id = ?');
		expect(JSON.stringify(reported(samples, {withLiterals: true}))).toMatch(/id = 42/);
	});
});

it('does not take activity that the role may not see for none', async () => {
	const report = reported(await recordedSamples('plain-role'));
	expect(report.peak).toBeNull();
	expect(report.load.active).toMatchObject({peak: null, peak_at: null, average: null});
	expect(new Set(report.load.active.cells)).toEqual(new Set([null]));
	expect(report.summary[0]).toMatch(/^The activity of sessions was not visible to this role: GRANT pg_monitor TO/);
	expect(shown(markdownOf(report))).toContain('The activity of sessions was not visible to this role.');
	expect(reportPage(report)).toContain('No figures: the activity of sessions was not visible to this role.');
});

describe('a report of few samples', () => {
	it('is made from one sample', () => {
		const report = reported([makeSample(0, answer(sessions))]);
		expect(report.head).toMatchObject({samples: 1, seconds: 0, interval_seconds: null, gaps: []});
		expect(report.load.active.cells).toEqual([0]);
		expect(markdownOf(report)).toContain('- No findings.');
	});

	it('lists gaps and damaged lines', () => {
		const report = reported(
			[0, 1, 60, 61].map(second => makeSample(second, answer(sessions))),
			{damaged: 3},
		);
		expect(report.head.gaps).toMatchObject([{seconds: 59}]);
		expect(report.head.damaged_lines).toBe(3);
		expect(report.load.active).toMatchObject({peak: 0, average: 0});
		expect(new Set(report.load.active.cells)).toEqual(new Set([0, null]));
		const markdown = markdownOf(report);
		expect(markdown).toContain('| Gaps | 1, 59s in total |');
		expect(shown(markdown)).toContain('3 of the recording skipped');
	});

	it('has no gaps between rare samples', () => {
		const report = reported([0, 60, 120, 180].map(second => makeSample(second)));
		expect(report.head.gaps.length).toBeLessThanOrEqual(1);
		expect(report.head.interval_seconds).toBe(60);
	});

	it('lists the marks of its period in the timeline', () => {
		const marks = [
			{at: makeSample(1).at, name: 'deploy|<b>'},
			{at: makeSample(99).at, name: 'later'},
		];
		const report = reported([makeSample(0), makeSample(1), makeSample(2)], {marks});
		expect(report.events).toMatchObject([{kind: 'mark', text: 'Marked: deploy|<b>'}]);
		expect(markdownOf(report)).toContain('Marked: deploy&#124;&#60;b&#62;');
	});
});
