import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {reportPage} from '../../source/report/page/page.ts';
import {spoiledBy} from '../report/page/hostile.ts';
import {recordedSamples, reported} from '../report/reported.ts';
import {type BrowserPage, startBrowser} from './browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgtriage-browser-'));
const address = 'http://127.0.0.1:9/owned.png';
const script = `<script>document.title='owned'</script>`;
const hostile = `"><b id=owned></b>${script}<img src=${address} onerror="document.title='owned'">'&lt;</style></title>\u202e`;
let browser: BrowserPage;

beforeAll(async () => {
	browser = await startBrowser(join(folder, 'profile'));
});

afterAll(async () => {
	await browser?.close();
	rmSync(folder, {recursive: true, force: true, maxRetries: 5});
});

const fileOf = (name: string, content: string): string => {
	const file = join(folder, name);
	writeFileSync(file, content);
	return pathToFileURL(file).href;
};

const counted = (selector: string): Promise<number> => browser.evaluate(`document.querySelectorAll('${selector}').length`);

it('a page without protection is owned, so that the browser would show it', async () => {
	await browser.open(fileOf('owned.html', `<!DOCTYPE html><title>page</title><p title="${hostile}">`));
	expect(await browser.evaluate('document.title')).toBe('owned');
	expect(browser.requests()).toContain(address);
});

describe('the page of a report', () => {
	it.each(['lock-chain', 'all-incidents-18'])('of %s fits a wide and a narrow window, and draws its figures', async name => {
		await browser.open(fileOf(`${name}.html`, reportPage(reported(await recordedSamples(name)))));
		for (const width of [1280, 420]) {
			await browser.resize(width, 900);
			expect(await browser.evaluate('document.documentElement.scrollWidth'), `${width}`).toBeLessThanOrEqual(width);
			const widths = await browser.evaluate<readonly number[]>(
				`[...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().width)`,
			);
			// The others are the swatches of the legend.
			expect(widths.filter(drawn => drawn > 200)).toHaveLength(2);
			// A column of prose is never as narrow as its longest word.
			expect(
				await browser.evaluate(`Math.max(...[...document.querySelectorAll('tr')].map(row => row.offsetHeight))`),
			).toBeLessThan(300);
			expect((await browser.picture()).length).toBeGreaterThan(10_000);
		}
		expect(browser.reports()).toEqual([]);
	});

	it('asks for nothing but itself, runs nothing, and shows hostile text as text', async () => {
		const samples = (await recordedSamples('all-incidents-18')).map(sample => spoiledBy(sample, hostile));
		const marks = [{at: samples[3]?.at ?? '', name: hostile}];
		const url = fileOf('hostile.html', reportPage(reported(samples, {withLiterals: true, marks})));
		await browser.open(url);
		expect(await browser.evaluate('document.title')).toMatch(/^Incident report of /);
		expect(await Promise.all(['script', 'img', '#owned', '[onerror]'].map(counted))).toEqual([0, 0, 0, 0]);
		expect(await browser.evaluate('document.body.innerText')).toContain(script);
		expect(browser.requests()).toEqual([url]);
		expect(browser.reports()).toEqual([]);
	});
});
