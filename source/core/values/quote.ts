import {clean} from '../text/clean.ts';

/**
 * Text as an SQL literal that reads the same with `standard_conforming_strings` on and off. Characters that a screen does not show
 * as they are become escapes, so that the literal can be copied from the screen.
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

/** A name as an SQL identifier, quoted unless it is a plain word. */
export const identifier = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** A relation name in SQL, with its schema. */
export const relationName = (schema: string, name: string): string => `${identifier(schema)}.${identifier(name)}`;
