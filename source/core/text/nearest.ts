// A longer text is not a name that was mistyped, and every letter costs time.
const longest = 100;

/** Insertions, deletions, replacements and swaps of neighbors that turn one text into the other: optimal string alignment. */
const distanceOf = (text: string, other: string): number => {
	const one = text.slice(0, longest);
	const rows: number[][] = [Array.from({length: other.length + 1}, (_, index) => index)];
	for (let i = 1; i <= one.length; i++) {
		const row = [i];
		for (let j = 1; j <= other.length; j++) {
			const isSame = one[i - 1] === other[j - 1];
			const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
			row.push(
				Math.min(
					(rows[i - 1]?.[j] ?? 0) + 1,
					(row[j - 1] ?? 0) + 1,
					(rows[i - 1]?.[j - 1] ?? 0) + (isSame ? 0 : 1),
					...(isSwapped ? [(rows[i - 2]?.[j - 2] ?? 0) + 1] : []),
				),
			);
		}
		rows.push(row);
	}
	return rows[one.length]?.[other.length] ?? 0;
};

/** The names that a mistyped one is nearest to, nearest first. */
export const nearestOf = (text: string, names: readonly string[], count = 1): readonly string[] =>
	names
		// The beginning of a name counts nearly as much as all of it.
		.map(name => ({name, distance: Math.min(distanceOf(text, name), distanceOf(text, name.slice(0, text.length)) + 0.5)}))
		.toSorted((a, b) => a.distance - b.distance)
		.slice(0, count)
		.map(({name}) => name);

// A third of the letters may be wrong, but at least one and never more than three.
const mostWrong = (word: string): number => Math.max(1, Math.min(3, Math.floor(word.length / 3)));

/** The word nearest to a misspelled one, or the only one that it begins; undefined without one. */
export const nearestWord = (word: string, words: readonly string[]): string | undefined => {
	const [best] = words
		.map(each => ({each, distance: distanceOf(word, each)}))
		.filter(({distance}) => distance <= mostWrong(word))
		.toSorted((a, b) => a.distance - b.distance);
	const begun = word.length < 3 ? [] : words.filter(each => each.startsWith(word));
	return begun.length === 1 ? begun[0] : (best?.each ?? begun[0]);
};
