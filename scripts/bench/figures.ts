/** Quantile of some values, interpolated linearly; undefined without values. */
export const quantile = (values: readonly number[], share: number): number | undefined => {
	const sorted = values.toSorted((a, b) => a - b);
	const place = (sorted.length - 1) * share;
	const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
	return low === undefined || high === undefined ? undefined : low + (high - low) * (place - Math.floor(place));
};

export const median = (values: readonly number[]): number | undefined => quantile(values, 0.5);

/** Slope of a line through points by least squares; undefined with fewer than two points. */
export const slope = (points: readonly (readonly [x: number, y: number])[]): number | undefined => {
	const [n, sumX, sumY] = points.reduce(([count, xs, ys], [x, y]) => [count + 1, xs + x, ys + y], [0, 0, 0]);
	const spread = points.reduce((sum, [x]) => sum + (x - sumX / n) ** 2, 0);
	if (n < 2 || spread === 0) return undefined;
	return points.reduce((sum, [x, y]) => sum + (x - sumX / n) * (y - sumY / n), 0) / spread;
};

/** A number for a table with a fixed number of decimals; `-` if unknown. */
export const shown = (value: number | undefined, digits = 0): string =>
	value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);

/** A Markdown table. */
export const markdownTable = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
	[heads, heads.map((_, index) => (index === 0 ? '---' : '---:')), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
