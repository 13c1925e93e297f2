/**
 * The function with its last answer remembered: what is worked out of many rows is worked out again only when one of the
 * arguments is another object than before.
 */
export const remembered = <A extends readonly unknown[], T>(compute: (...given: A) => T): ((...given: A) => T) => {
	let last: {readonly given: A; readonly answer: T} | undefined;
	return (...given) => {
		if (!last?.given.every((value, index) => value === given[index])) last = {given, answer: compute(...given)};
		return (last as {answer: T}).answer;
	};
};
