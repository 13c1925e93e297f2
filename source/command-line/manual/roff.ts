const specials: Readonly<Record<string, string>> = {
	'\\': '\\e',
	'-': '\\-',
	"'": '\\(aq',
	'`': '\\(ga',
	'^': '\\(ha',
	'~': '\\(ti',
};

/** Text for man(7), escaped so that nothing in it is a request or an escape sequence. */
export const plain = (text: string): string =>
	Array.from(text.replaceAll('\n', ' '), character => {
		const special = specials[character];
		if (special !== undefined) return special;
		const point = character.codePointAt(0) ?? 0;
		return point < 128 ? character : `\\[u${point.toString(16).toUpperCase().padStart(4, '0')}]`;
	})
		.join('')
		.replace(/^\./, '\\&.');

/** Text in bold: what is typed as it stands here. */
export const bold = (text: string): string => `\\fB${plain(text)}\\fR`;

/** Text in italics: what something else is put in for. */
export const italic = (text: string): string => `\\fI${plain(text)}\\fR`;

/** A term and what it means, as an entry of a list. */
export const entry = (term: string, meaning: string): readonly string[] => ['.TP', term, plain(meaning)];
