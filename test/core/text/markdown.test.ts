import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {clean, cleanLines} from '../../../source/core/text/clean.ts';
import {blockInMarkdown, inMarkdown} from '../../../source/core/text/markdown.ts';
import {anyText, seed, unsafe} from '../arbitraries.ts';

const runs = {seed, numRuns: 3000};

const structure = fc
	.array(
		fc.oneof(
			anyText,
			fc.constantFrom(
				...'`|\\*_~[]()<>!#&;:@$-+=.\'" 1a',
				'](https://x)',
				'![x](',
				'&amp;',
				'&#42;',
				'\\|',
				'```',
				'~~~',
				'- ',
				'1. ',
				'www.',
				'<!--',
				'\n',
				'|--|',
			),
		),
		{maxLength: 20},
	)
	.map(parts => parts.join(''));

// Decodes the escapes and references of CommonMark.
const rendered = (text: string): string =>
	text.replace(
		/\\([!-/:-@[-`{-~])|&#(\d+);/g,
		(_, escaped?: string, code?: string) => escaped ?? String.fromCodePoint(Number(code)),
	);

describe('a text in Markdown', () => {
	it('shows as it is, cleaned', () => {
		fc.assert(
			fc.property(structure, text => {
				expect(rendered(inMarkdown(text))).toBe(clean(text));
				expect(inMarkdown(text)).not.toMatch(unsafe);
			}),
			runs,
		);
	});

	it('contains nothing that Markdown, a GitHub table or HTML takes for syntax', () => {
		fc.assert(
			fc.property(structure, text => {
				const left = inMarkdown(text).replace(/\\[!-/:-@[-`{-~]|&#\d+;/g, 'x');
				expect(left).not.toMatch(/[&<>|`\\$@*_~[\]#]|:\/|www\.|^ | $/i);
				expect(inMarkdown(text)).not.toMatch(/^(?:[-+=>#]|\d+[.)](?: |$)|\s)|[\r\n]/);
			}),
			runs,
		);
	});

	it.each([
		['public.orders', 'public.orders'],
		['pg_stat|x', 'pg\\_stat&#124;x'],
		['\\|', '&#92;&#124;'],
		['`</code><img src=x>', '&#96;&#60;/code&#62;&#60;img src=x&#62;'],
		['[pay](https://x)', '\\[pay\\](https&#58;//x)'],
		['@octocat #1', '&#64;octocat \\#1'],
		['&amp; &#35;', '&#38;amp; &#38;\\#35;'],
		['1. one', '1\\. one'],
		['- one', '\\- one'],
		['$1 + $2', '&#36;1 + &#36;2'],
		[' a\nb ', '&#32;a b&#32;'],
		['\u202egnp\u001b[2J', '&#92;u202egnp^\\[\\[2J'],
	])('%j becomes %j', (text, written) => expect(inMarkdown(text)).toBe(written));
});

describe('a block in Markdown', () => {
	it('keeps every line and ends at its own fence', () => {
		fc.assert(
			fc.property(structure, text => {
				const block = blockInMarkdown(text, 'sql').split('\n');
				const fence = block.at(-1) ?? '';
				expect(block[0]).toBe(`${fence}sql`);
				expect(fence).toMatch(/^`{3,}$/);
				expect(block.slice(1, -1)).toEqual(cleanLines(text));
				for (const line of block.slice(1, -1)) expect(line.trim().startsWith(fence)).toBe(false);
			}),
			runs,
		);
	});
});
