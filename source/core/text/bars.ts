const levels = ' ▁▂▃▄▅▆▇█';
const asciiLevels: Readonly<Record<string, string>> = Object.fromEntries(
	levels.split('').map((level, index) => [level, ' .:-=+*#@'[index] ?? ' ']),
);

/**
 * Values as bars of one cell each, as high as their part of the scale. The scale is the next power of two above all of them, so
 * that a new highest value seldom moves the others; what is not 0 is seen.
 */
export const bars = (values: readonly number[]): string => {
	const peak = values.reduce((most, value) => Math.max(most, value), 0);
	const scale = peak > 0 ? 2 ** Math.ceil(Math.log2(peak)) : 1;
	return values.map(value => levels[Math.max(0, Math.ceil((value / scale) * (levels.length - 1)))] ?? ' ').join('');
};

/** Bars for terminals that show ASCII only. */
export const barsInAscii = (text: string): string => text.replace(/[▁-█]/g, level => asciiLevels[level] ?? level);
