import {tagName} from '../sql/comment-tags.ts';

/** Groupings of sessions in the order of the key that cycles them; `tag.NAME` is one too. */
export const groupings = ['application', 'user', 'client', 'database', 'state', 'wait', 'query'] as const;

const tagPrefix = 'tag.';

const others: Readonly<Record<string, string>> = {app: 'application', role: 'user', db: 'database'};

/** A grouping by its name; undefined for a name that is not one. */
export const groupingNamed = (name: string): string | undefined => {
	const known = groupings.find(each => each === (others[name] ?? name));
	return known ?? (name.startsWith(tagPrefix) && tagName.test(name.slice(tagPrefix.length)) ? name : undefined);
};

/** Name of the tag of a grouping; undefined for another one. */
export const tagOfGrouping = (grouping: string): string | undefined =>
	grouping.startsWith(tagPrefix) ? grouping.slice(tagPrefix.length) : undefined;

/** Sentence about a name that is not a grouping. */
export const groupingError = (name: string): string =>
	`${name === '' ? 'Group by what?' : `Sessions cannot be grouped by ${name}.`} Use ${groupings.join(', ')} or tag.NAME.`;

/** The grouping after this one: the fixed ones, then the tags, then from the start. */
export const nextGrouping = (grouping: string, tags: readonly string[]): string => {
	const all = [...groupings, ...tags.map(tag => tagPrefix + tag)];
	return all[(all.indexOf(grouping) + 1) % all.length] as string;
};
