/** Caches the last result of a function: it is computed again only if an argument is another object than before. */
export const remembered = <A extends readonly unknown[], T>(compute: (...given: A) => T): ((...given: A) => T) => {
	let last: {readonly given: A; readonly answer: T} | undefined;
	return (...given) => {
		if (!last?.given.every((value, index) => value === given[index])) last = {given, answer: compute(...given)};
		return (last as {answer: T}).answer;
	};
};
