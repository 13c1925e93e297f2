/** A relation name at the start of a text, and the text behind it. */
export type ParsedName = {readonly schema: string | null; readonly name: string; readonly rest: string};

const part = /^(?:"((?:[^"]|"")+)"|([^\s".]+))/u;

/**
 * Parses `orders`, `public.orders` or `"Order Items"` at the start of a text as SQL does: unquoted parts are folded to lower case.
 * Undefined without a name, and for one of more than two parts.
 */
export const parseRelationName = (text: string): ParsedName | undefined => {
	const parts: string[] = [];
	let rest = text.trimStart();
	for (;;) {
		const found = part.exec(rest);
		if (!found) return undefined;
		const [whole, quoted, plain = ''] = found;
		parts.push(quoted === undefined ? plain.toLowerCase() : quoted.replaceAll('""', '"'));
		rest = rest.slice(whole.length);
		if (!rest.startsWith('.')) break;
		rest = rest.slice(1);
	}
	const [first = '', second, ...more] = parts;
	if (more.length > 0 || (rest !== '' && !/^\s/u.test(rest))) return undefined;
	return second === undefined ? {schema: null, name: first, rest: rest.trim()} : {schema: first, name: second, rest: rest.trim()};
};
