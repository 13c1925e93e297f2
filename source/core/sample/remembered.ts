/** Caches the last result of a function: it is computed again only if an argument is another object than before. */
export const remembered = <A extends readonly unknown[], T>(compute: (...args: A) => T): ((...args: A) => T) => {
	let last: {readonly args: A; readonly answer: T} | undefined;
	return (...args) => {
		if (!last?.args.every((value, index) => value === args[index])) last = {args, answer: compute(...args)};
		return (last as {answer: T}).answer;
	};
};
