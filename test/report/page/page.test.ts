import {createHash} from 'node:crypto';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {htmlText} from '../../../source/core/text/html.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {journal} from '../../../source/queries/beside/journal.ts';
import {documentOf} from '../../../source/report/document.ts';
import {reportPage} from '../../../source/report/page/page.ts';
import {style, styleHash} from '../../../source/report/page/style.ts';
import {unsafe} from '../../core/arbitraries.ts';
import {answer} from '../../findings/samples.ts';
import {recordedSamples, reported} from '../reported.ts';
import {spoiledBy} from './hostile.ts';
import {elementsOf} from './markup.ts';

const names = readdirSync(join(import.meta.dirname, '../../recordings')).map(file => file.replace(/\.ndjson$/, ''));

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&lt;</style></title>\u202e\u001b[2J`;

describe.each(names)('the page of %s', name => {
	it('is well-formed, loads nothing, runs nothing, and refers only to itself', async () => {
		const page = reportPage(reported(await recordedSamples(name)));
		const elements = elementsOf(page);
		const ids = new Set(elements.flatMap(({attributes}) => attributes.get('id') ?? []));
		expect(elements.filter(({name: tag}) => /^(?:script|link|img|iframe|object|embed|form|base|image|use)$/.test(tag))).toEqual(
			[],
		);
		for (const {attributes} of elements) {
			expect([...attributes.keys()].filter(key => /^(?:on.*|src|srcset|style|action)$/.test(key))).toEqual([]);
			const address = attributes.get('href');
			if (address !== undefined) expect(ids).toContain(address.replace(/^#/, ''));
		}
		expect(page).not.toMatch(/https?:|url\(|@import|undefined|NaN|\[object|Infinity/);
		expect(page.replaceAll('\n', '')).not.toMatch(unsafe);
	});

	it('says everything that the report in Markdown says', async () => {
		const report = reported(await recordedSamples(name));
		const page = elementsOf(reportPage(report));
		const shown = new Set(page.map(({text}) => text.trim()));
		const said = documentOf(report).flatMap(block => {
			switch (block.kind) {
				case 'paragraph':
					return [block.text];
				case 'list':
					return block.items;
				case 'table':
					return block.rows.flat().filter(text => /^[\x20-\x7e]+$/.test(text));
				case 'heading':
				case 'code':
				case 'figure':
					return [];
				default:
					return block satisfies never;
			}
		});
		expect(said.length).toBeGreaterThan(10);
		for (const text of said) if (/^[\x20-\x7e]+$/.test(text)) expect(shown, text).toContain(text.trim());
	});
});

describe('the page of a report', () => {
	it('allows the style that it has, and nothing else', async () => {
		const page = reportPage(reported(await recordedSamples('lock-chain')));
		const elements = elementsOf(page);
		const css = htmlText(style);
		expect(createHash('sha256').update(css).digest('base64')).toBe(styleHash);
		expect(elements.filter(({name}) => name === 'style').map(({text}) => text)).toEqual([css]);
		const policy = elements.find(({attributes}) => attributes.get('http-equiv') === 'Content-Security-Policy');
		expect(policy?.attributes.get('content')).toBe(
			`default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`,
		);
	});

	it('shows hostile text as text', async () => {
		const samples = (await recordedSamples('all-incidents-18')).map(sample => spoiledBy(sample, hostile));
		const page = reportPage(reported(samples, {withLiterals: true, marks: [{at: samples[3]?.at ?? '', name: hostile}]}));
		const elements = elementsOf(page);
		expect(elements.filter(({name}) => name === 'script' || name === 'img')).toEqual([]);
		expect(elements.filter(({text}) => text.includes('<script>alert(1)</script>')).length).toBeGreaterThan(10);
		expect(page.replaceAll('\n', '')).not.toMatch(unsafe);
	});

	it('has a point on the axis and a number for each action and mark, and a bar for each finding', async () => {
		const samples = await recordedSamples('lock-chain');
		const at = samples[2]?.at ?? '';
		const [, rows] = answer(journal, {number: 1, at, kind: 'action', target: 'terminate 1 of shop', outcome: 'sent'});
		const acted = samples.map(
			(sample): Sample => ({
				...sample,
				results: {...sample.results, journal: {ok: true, at: sample.at, tookMs: 0, rows: sample.at > at ? rows : []}},
			}),
		);
		const report = reported(acted, {marks: [{at: samples[4]?.at ?? '', name: 'deploy'}]});
		const elements = elementsOf(reportPage(report));
		const points = elements.filter(({name, attributes}) => name === 'a' && attributes.get('href')?.startsWith('#event-'));
		expect(points).toHaveLength(2);
		const titles = elements.filter(({name}) => name === 'title').map(({text}) => text);
		expect(titles.some(title => title.endsWith('action: terminate 1 of shop: sent'))).toBe(true);
		expect(titles.some(title => title.endsWith('mark: Marked: deploy'))).toBe(true);
		const bars = elements.filter(({attributes}) => attributes.get('class') === 'name').map(({text}) => text);
		for (const {severity, rule} of report.findings) if (severity !== 'notice') expect(bars).toContain(`${severity} ${rule}`);
	});

	it('draws who blocked how many sessions over time', async () => {
		const report = reported(await recordedSamples('lock-chain'));
		const [root] = report.root_blockers;
		expect(root?.blocked).toEqual([{at: root?.first, sessions: 6}]);
		const elements = elementsOf(reportPage(report));
		const rects = elements.filter(({attributes}) => attributes.get('class') === 'blocked');
		expect(rects.map(({attributes}) => attributes.get('x'))).toEqual(['0%']);
		expect(Number.parseFloat(rects[0]?.attributes.get('width') ?? '')).toBeGreaterThan(99);
		expect(elements.some(({text}) => text.startsWith('blocked 2 × api (shop@shop)'))).toBe(true);
	});

	it('has gaps between samples in its chart', async () => {
		const samples = await recordedSamples('lock-chain');
		const late = samples.map((sample, index) => (index < 4 ? sample : {...sample, at: laterBy(sample.at, 600_000)}));
		const titles = elementsOf(reportPage(reported(late))).map(({text}) => text);
		expect(titles.filter(text => text.endsWith(': not read')).length).toBeGreaterThan(1);
		expect(titles.some(text => text.trim() === 'not read')).toBe(true);
	});
});
