const levels = ' ▁▂▃▄▅▆▇█';
const asciiLevels: Readonly<Record<string, string>> = Object.fromEntries(
	levels.split('').map((level, index) => [level, ' .:-=+*#@'[index] ?? ' ']),
);

/**
 * One bar of one cell for each value. The scale is the next power of two above all values, so that a new maximum rarely moves the
 * other bars; a value above 0 always shows.
 */
export const bars = (values: readonly number[]): string => {
	const peak = values.reduce((most, value) => Math.max(most, value), 0);
	const scale = peak > 0 ? 2 ** Math.ceil(Math.log2(peak)) : 1;
	return values.map(value => levels[Math.max(0, Math.ceil((value / scale) * (levels.length - 1)))] ?? ' ').join('');
};

/** Bars for ASCII-only terminals. */
export const barsInAscii = (text: string): string => text.replace(/[▁-█]/g, level => asciiLevels[level] ?? level);
