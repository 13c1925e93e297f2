import {barsInAscii} from './bars.ts';
import {clean} from './clean.ts';

/** Marks, lines and punctuation, and letters that do not decompose into a Latin letter and its accents. */
const spellings: Readonly<Record<string, string>> = {
	'…': '...',
	'’': "'",
	'‘': "'",
	'‚': "'",
	'“': '"',
	'”': '"',
	'„': '"',
	'«': '<<',
	'»': '>>',
	'‹': '<',
	'›': '>',
	'‐': '-',
	'‑': '-',
	'‒': '-',
	'–': '-',
	'—': '--',
	'−': '-',
	'\u00a0': ' ',
	'×': 'x',
	'÷': '/',
	'±': '+-',
	'≤': '<=',
	'≥': '>=',
	'≠': '!=',
	'≈': '~',
	'•': '*',
	'·': '.',
	'◆': '*',
	'✓': 'v',
	'✗': 'x',
	'▶': '>',
	'❯': '>',
	'▲': '^',
	'▼': 'v',
	'→': '->',
	'←': '<-',
	'↑': '^',
	'↓': 'v',
	'↻': '@',
	'└': '`',
	'├': '+',
	'│': '|',
	'┆': ':',
	'€': 'EUR',
	'£': 'GBP',
	'¥': 'JPY',
	'°': 'deg',
	'§': 'S',
	'¶': 'P',
	'¡': '!',
	'¿': '?',
	ß: 'ss',
	ẞ: 'SS',
	æ: 'ae',
	Æ: 'AE',
	œ: 'oe',
	Œ: 'OE',
	ø: 'o',
	Ø: 'O',
	đ: 'd',
	Đ: 'D',
	ð: 'd',
	Ð: 'D',
	þ: 'th',
	Þ: 'Th',
	ł: 'l',
	Ł: 'L',
	ħ: 'h',
	Ħ: 'H',
	ı: 'i',
	ŋ: 'ng',
};

// Small letters only: a capital is its small letter's spelling with a capital first.
const alphabets = [
	'а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ " ы y',
	"ь ' э e ю yu я ya є ye і i ї yi ґ g ў u ђ dj ј j љ lj њ nj ћ c џ dz ѓ g ѕ dz ќ k",
	'α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o',
]
	.join(' ')
	.split(' ');
const letters: Readonly<Record<string, string>> = Object.fromEntries(
	alphabets.flatMap((letter, index) => (index % 2 === 0 ? [[letter, alphabets[index + 1] ?? '']] : [])),
);

const capitalized = (spelling: string): string => spelling.slice(0, 1).toUpperCase() + spelling.slice(1);

const spelled = (character: string): string | undefined => {
	const exact = spellings[character] ?? letters[character];
	if (exact !== undefined) return exact;
	const small = character.toLowerCase();
	return small === character || letters[small] === undefined ? undefined : capitalized(letters[small]);
};

const escaped = (character: string): string => {
	const code = character.codePointAt(0) ?? 0;
	return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

const isAsciiText = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

const spelledOut = (character: string): string => {
	const spelling = spelled(character);
	if (spelling !== undefined) return spelling;
	// Accents, ligatures, full-width and superscript forms.
	const plain = character.normalize('NFKD').replace(/\p{M}/gu, '');
	if (plain !== '' && isAsciiText(plain)) return plain;
	const parts = Array.from(plain, part => spelled(part));
	return parts.length > 0 && parts.every(part => part !== undefined) ? parts.join('') : escaped(character);
};

/**
 * Text in printable ASCII: marks become similar ones, Latin, Greek and Cyrillic letters are transliterated, everything else becomes
 * an escape such as `\u6570`, so that different names stay different.
 */
export const inAscii = (text: string): string =>
	isAsciiText(text)
		? text
		: Array.from(barsInAscii(clean(text)).normalize('NFC'), character =>
				isAsciiText(character) ? character : spelledOut(character),
			).join('');

/**
 * Text of cells in as many ASCII characters: for cells that were laid out before anyone asked for ASCII. What does not fit is cut
 * to its first letter, and what has no letter becomes `?`.
 */
export const cellsInAscii = (text: string, cells: number): string => {
	const whole = /^[\u2500-\u257f]$/u.test(text) && spellings[text] === undefined ? borderInAscii(text) : inAscii(text);
	if (whole.length <= cells) return whole.padEnd(cells);
	return whole.startsWith('\\u') ? '?'.repeat(cells) : whole.slice(0, cells);
};

/** A piece of a border: lines stay lines, corners and crossings become `+`. */
const borderInAscii = (character: string): string => {
	if (/[─━┄┅┈┉╌╍═]/.test(character)) return '-';
	return /[│┃┆┇┊┋╎╏║]/.test(character) ? '|' : '+';
};
