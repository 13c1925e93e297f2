/** The names that a mistyped one is nearest to, nearest first. */
export const nearestOf = (text: string, names: readonly string[], count = 1): readonly string[] =>
	names
		// The beginning of a name counts nearly as much as all of it.
		.map(name => ({name, distance: Math.min(distance(text, name), distance(text, name.slice(0, text.length)) + 0.5)}))
		.toSorted((a, b) => a.distance - b.distance)
		.slice(0, count)
		.map(({name}) => name);

// A longer text is not a name that was mistyped, and every letter costs time.
const longest = 100;

/** Levenshtein distance. */
const distance = (a: string, b: string): number => {
	const from = a.slice(0, longest);
	let row = Array.from({length: b.length + 1}, (_, index) => index);
	for (let i = 1; i <= from.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++)
			next.push(
				Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (from.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1)),
			);
		row = next;
	}
	return row[b.length] ?? 0;
};
