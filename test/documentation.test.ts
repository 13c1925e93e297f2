import {existsSync, globSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';

const root = join(import.meta.dirname, '..');
const pages = globSync('{*.md,docs/**/*.md}', {cwd: root});
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The page without its code, in which brackets are not links. */
const prose = (text: string): string => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

/** The anchors of a page, one a heading, as GitHub makes them. */
const anchorsOf = (page: string): readonly string[] =>
	[...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N} _-]/gu, '')
			.replaceAll(' ', '-'),
	);

/** The relative links of a page that lead nowhere. */
const brokenLinks = (page: string): readonly string[] =>
	[...prose(textOf(page)).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([link, path = '', anchor]) => {
		const target = path === '' ? page : join(dirname(page), path);
		if (!existsSync(join(root, target))) return [link];
		return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [link];
	});

describe('the documentation', () => {
	it.each(pages)('%s links to files and headings that exist', page => {
		expect(brokenLinks(page)).toEqual([]);
	});

	it('README.md has at most 170 lines', () => {
		expect(textOf('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(170);
	});

	it('README.md runs the demo and the tests in its first two shell blocks', () => {
		const blocks = [...textOf('README.md').matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
		expect(blocks.slice(0, 2)).toEqual(['npm ci && npm run demo\n', 'npm ci && npm test\n']);
	});
});
