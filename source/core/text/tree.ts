// Deeper trees leave no room for what their rows say.
const mostLevels = 6;

/**
 * Branches before each row of a tree, whose rows are given by their depths in order; a root has none. A level takes one cell: `├` has
 * more siblings below, `└` is the last one, `│` leads to later rows. A deep row keeps its last levels, after a `…`.
 */
export const branchesOf = (depths: readonly number[]): readonly string[] => {
	const branches: string[] = [];
	let open: readonly boolean[] = [];
	for (const depth of depths.toReversed()) {
		const before = Array.from({length: Math.max(0, depth - 1)}, (_, level) => (open[level + 1] ? '│' : ' ')).join('');
		const whole = depth === 0 ? '' : `${before}${open[depth] ? '├' : '└'}`;
		branches.push(depth > mostLevels ? `…${whole.slice(1 - mostLevels)}` : whole);
		open = Array.from({length: depth + 1}, (_, level) => level === depth || open[level] === true);
	}
	return branches.reverse();
};
