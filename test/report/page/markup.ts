/** One element or text of a page. */
export type Element = {
	readonly name: string;
	readonly attributes: ReadonlyMap<string, string>;
	readonly text: string;
};

const entities: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'"};

const decoded = (text: string): string =>
	text.replace(/&([^;]*);/g, (all, name: string) => {
		const character = entities[name];
		if (character === undefined) throw new Error(`Unknown entity ${all}`);
		return character;
	});

const attributesOf = (text: string): ReadonlyMap<string, string> => {
	const all = [...text.matchAll(/\s+([a-z][a-z0-9-]*)="([^"<>]*)"/gi)];
	const left = text.replace(/\s+[a-z][a-z0-9-]*="[^"<>]*"/gi, '').replace(/\s*\/?$/, '');
	if (left !== '') throw new Error(`Attributes that cannot be read: ${left}`);
	return new Map(all.map(([, name = '', value = '']) => [name, decoded(value)]));
};

/** Elements of a page in their order; throws unless every element is closed in its place and every `<` begins a tag. */
export const elementsOf = (page: string): readonly Element[] => {
	const body = page.replace(/^<!DOCTYPE html>\n/, '');
	const elements: Element[] = [];
	const open: string[] = [];
	const tag = /<(\/?)([a-z][a-z0-9]*)([^<>]*)>([^<]*)/gy;
	for (let part = tag.exec(body), end = 0; end < body.length; part = tag.exec(body)) {
		if (!part) throw new Error(`Not markup: ${body.slice(end, end + 80)}`);
		end = tag.lastIndex;
		const [, slash, name = '', attributes = '', after = ''] = part;
		if (slash === '/') {
			const last = open.pop();
			if (last !== name) throw new Error(`</${name}> closes <${last}>`);
			elements.push({name: `/${name}`, attributes: new Map(), text: decoded(after)});
		} else {
			if (name !== 'meta' && !attributes.endsWith('/')) open.push(name);
			elements.push({name, attributes: attributesOf(attributes), text: name === 'style' ? after : decoded(after)});
		}
	}
	if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`);
	return elements;
};
