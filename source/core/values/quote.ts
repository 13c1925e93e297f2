import {clean} from '../text/clean.ts';

/**
 * Text as a literal of SQL, whatever `standard_conforming_strings` says: what a screen would not show as it is stands as an
 * escape of PostgreSQL's, so that the literal can be copied from there.
 */
export const literal = (text: string): string => {
	if (!text.includes('\\') && clean(text) === text) return `'${text.replaceAll("'", "''")}'`;
	const escaped = Array.from(text, character => {
		if (character === '\\' || character === "'") return character + character;
		if (clean(character) === character) return character;
		const code = (character.codePointAt(0) ?? 0).toString(16);
		return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
	});
	return `E'${escaped.join('')}'`;
};

/** A name as SQL takes it: in quotes where it is more than a plain word. */
export const identifier = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** A relation as SQL takes it, with its schema. */
export const relationName = (schema: string, name: string): string => `${identifier(schema)}.${identifier(name)}`;
