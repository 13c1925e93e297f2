import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {clean, cleanLines} from '../../../source/core/text/clean.ts';
import {html, htmlLines, htmlText} from '../../../source/core/text/html.ts';
import {anyText, seed, unsafe} from '../arbitraries.ts';

const runs = {seed, numRuns: 3000};

const structure = fc
	.array(
		fc.oneof(anyText, fc.constantFrom('<script>', '</style>', '<!--', '-->', '&amp;', '&#60;', '"', "'", '>', '<', '&', '\n')),
		{
			maxLength: 20,
		},
	)
	.map(parts => parts.join(''));

const entities: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'"};

const rendered = (markup: string): string => markup.replace(/&(#39|\w+);/g, (all, name: string) => entities[name] ?? all);

describe('a text in a template of HTML', () => {
	it('shows as it is, cleaned, and contains nothing that HTML takes for syntax', () => {
		fc.assert(
			fc.property(structure, text => {
				const markup = htmlText(html`${text}`);
				expect(rendered(markup)).toBe(clean(text));
				expect(markup).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
				expect(markup).not.toMatch(unsafe);
			}),
			runs,
		);
	});

	it('keeps its lines if it is a block', () => {
		fc.assert(
			fc.property(structure, text => {
				const markup = htmlText(htmlLines(text));
				expect(rendered(markup)).toBe(cleanLines(text).join('\n'));
				expect(markup).not.toMatch(/[<>"']/);
			}),
			runs,
		);
	});

	it('is escaped once, however deep it is', () => {
		const items = ['<a>', '&'].map(text => html`<li>${text}</li>`);
		expect(htmlText(html`<ul class="${'"x"'}">${items}${3}</ul>`)).toBe(
			'<ul class="&quot;x&quot;"><li>&lt;a&gt;</li><li>&amp;</li>3</ul>',
		);
	});

	it('is text even if it looks like markup that the tag made', () => {
		const faked = JSON.parse('{"markup": "<script>"}') as string;
		expect(() => htmlText(html`${faked}`)).toThrow();
	});
});
