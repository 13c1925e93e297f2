import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {clean, cleanLines, graphemes, neutral, pasteable, slice, toWidth, widthOf} from '../../../source/core/text/clean.ts';
import {anyText, seed, unsafe} from '../arbitraries.ts';

const runs = {seed, numRuns: 3000};
const cleanText = anyText.map(clean);

describe('clean', () => {
	it('leaves no control, format, bidi, zero-width or invisible character, and no lone surrogate', () => {
		fc.assert(
			fc.property(anyText, text => {
				expect(clean(text)).not.toMatch(unsafe);
				for (const line of cleanLines(text)) expect(line).not.toMatch(unsafe);
			}),
			runs,
		);
	});

	it('leaves no code unit of the basic plane unsafe', () => {
		for (let code = 0; code <= 0xffff; code++) expect(clean(String.fromCharCode(code))).not.toMatch(unsafe);
	});

	it('gives every character cells of its own, whatever is next to it', () => {
		for (let code = 0; code <= 0x10ffff; code++) {
			// Only the beginning of private planes and of planes without assigned characters.
			if (code >= 0x34000 && (code & 0xffff) > 0x1000) continue;
			const text = clean(String.fromCodePoint(code));
			const width = widthOf(text);
			if (code > 0x20 && width === 0) expect.fail(`U+${code.toString(16)} takes no cell`);
			if (widthOf(`[${text}]`) !== width + 2) expect.fail(`U+${code.toString(16)} joins what stands beside it`);
			if (unsafe.test(text)) expect.fail(`U+${code.toString(16)} is not safe`);
		}
	});

	it('leaves nothing that joins its neighbors', () => {
		fc.assert(
			fc.property(cleanText, text => {
				expect(widthOf(`[${text}]`)).toBe(widthOf(text) + 2);
				expect(graphemes(`[${text}]`).slice(1, -1)).toEqual(graphemes(text));
			}),
			runs,
		);
	});

	it('makes random bytes safe in any encoding', () => {
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 60}), bytes => {
				for (const encoding of ['utf8', 'latin1', 'utf16le'] as const) {
					const text = clean(Buffer.from(bytes).toString(encoding));
					expect(text).not.toMatch(unsafe);
					expect(clean(text)).toBe(text);
				}
			}),
			runs,
		);
	});

	it('changes nothing that is clean already', () => {
		fc.assert(
			fc.property(cleanText, text => {
				expect(clean(text)).toBe(text);
			}),
			runs,
		);
	});

	it.each([
		['a\u001b[31mb', 'a^[[31mb'],
		['nul\0del\x7f', 'nul^@del^?'],
		['\u009b31m', '\\x9b31m'],
		['user\u202egpj', 'user\\u202egpj'],
		['zero\u200bwidth', 'zero\\u200bwidth'],
		['tag\u{e0041}', 'tag\\u{e0041}'],
		['lone \ud83d!', 'lone \ufffd!'],
		['a\r\n\t\tb', 'a b'],
		['a\n    b', 'a b'],
		['two  blanks', 'two  blanks'],
		['Größe 漢字 🚀', 'Größe 漢字 🚀'],
		['e\u0301 👍🏽 กำ 한국어 🇩🇪', 'e\u0301 👍🏽 กำ 한국어 🇩🇪'],
		['\u0301 a', '\\u0301 a'],
		['🏽 a', '\\u{1f3fd} a'],
		[`z${'\u0335'.repeat(10)}`, `z${'\u0335'.repeat(8)}\\u0335\\u0335`],
		['👩\u200d💻', '👩\\u200d💻'],
		['⚠\ufe0f', '⚠\\ufe0f'],
		['\u{e01ef}', '\\u{e01ef}'],
	])('turns %j into %j', (text, expected) => expect(clean(text)).toBe(expected));

	it('keeps the lines of a statement if asked to', () => {
		expect(cleanLines('select 1,\r\n\t2\n\u2028-- \u001b')).toEqual(['select 1,', '    2', '', '-- ^[']);
	});
});

const controls = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\p{Cs}/u;

describe('a text to paste', () => {
	it('keeps printable text, line breaks and tabs', () => {
		expect(pasteable("select\t1,\r\n  'é漢👍'\rfrom t")).toBe("select\t1,\n  'é漢👍'\nfrom t");
	});

	it.each([
		['the end of a bracketed paste', 'select 1\x1b[201~\nrm -rf ~\x1b[200~', 'select 1\nrm -rf ~'],
		['one with the 8-bit introducer', 'a\x9b201~b', 'ab'],
		['one that is put together from pieces', 'a\x1b\x1b[201~[201~b', 'a[201~b'],
		['a clipboard sequence', 'a\x1b]52;c;eA==\x07b', 'a]52;c;eA==b'],
		['C0 and C1 controls', 'a\x00\x03\x04\x08\x0e\x1a\x7f\x84\x90b', 'ab'],
		['bidi controls', 'a\u202e\u2066\u200fb', 'ab'],
		['zero-width and invisible characters', 'a\u200b\u200d\ufeff\u00ad\u{e0041}b', 'ab'],
		['line breaks at the end', 'rm -rf ~\n\r\n', 'rm -rf ~'],
	])('leaves out %s', (_, text, expected) => {
		expect(pasteable(text)).toBe(expected);
	});

	it('has no control, bidi or invisible character, and stays as it is when copied again', () => {
		fc.assert(
			fc.property(anyText, text => {
				const once = pasteable(text);
				expect(once).not.toMatch(controls);
				expect(pasteable(once)).toBe(once);
			}),
			runs,
		);
	});
});

describe('whole output', () => {
	it('keeps its lines and tabs, and shows the controls in them', () => {
		expect(neutral('a\tb\n\x1b]0;x\x07\u202e\n')).toBe('a\tb\n^[]0;x^G\\u202e\n');
	});

	it('has no other control', () => {
		fc.assert(
			fc.property(anyText, text => {
				expect(neutral(text.toWellFormed())).not.toMatch(controls);
			}),
			runs,
		);
	});
});

describe('a text in cells', () => {
	it('has exactly the requested width, aligned to either side', () => {
		fc.assert(
			fc.property(cleanText, fc.nat({max: 60}), fc.constantFrom('left', 'right'), (text, width, align) => {
				expect(widthOf(toWidth(text, width, align))).toBe(width);
				expect(widthOf(toWidth(text, width, align, ''))).toBeLessThanOrEqual(width);
			}),
			runs,
		);
	});

	it('is padded whole if there is room', () => {
		fc.assert(
			fc.property(cleanText, fc.nat({max: 9}), (text, more) => {
				expect(toWidth(text, widthOf(text) + more, 'left').startsWith(text)).toBe(true);
				expect(toWidth(text, widthOf(text) + more, 'right').endsWith(text)).toBe(true);
			}),
			runs,
		);
	});

	it('is cut into slices of exactly the requested cells', () => {
		fc.assert(
			fc.property(cleanText, fc.nat({max: 50}), fc.nat({max: 50}), (text, from, width) => {
				const total = widthOf(text);
				expect(widthOf(slice(text, from, width))).toBe(Math.max(0, Math.min(width, total - from)));
			}),
			runs,
		);
	});

	it.each([
		['漢字', 0, 4, '漢字'],
		['漢字', 0, 3, '漢 '],
		['漢字', 1, 3, ' 字'],
		['漢字', 1, 1, ' '],
		['a漢b', 2, 2, ' b'],
		['e\u0301a', 0, 1, 'e\u0301'],
		['👍🏽x', 0, 2, '👍🏽'],
		['select', 2, 3, 'lec'],
	])('%j from cell %i on in %i cells is %j', (text, from, width, expected) => expect(slice(text, from, width)).toBe(expected));

	it.each([
		['select', 4, 'left', 'sel…'],
		['漢字', 3, 'left', '漢…'],
		['漢字', 2, 'left', ' …'],
		['7', 3, 'right', '  7'],
		['7', 3, 'left', '7  '],
		['7', 0, 'left', ''],
	] as const)('%j in %i cells to the %s is %j', (text, width, align, expected) =>
		expect(toWidth(text, width, align)).toBe(expected),
	);

	it('consists of the characters that a person sees', () => {
		expect(graphemes('e\u0301👍🏽漢a')).toEqual(['e\u0301', '👍🏽', '漢', 'a']);
	});
});
