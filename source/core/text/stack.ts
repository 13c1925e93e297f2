import {type Line, type Span, span, type Tone} from './line.ts';

/** A part of a stacked chart: its tone, and the letter that draws it where there are no block characters. */
export type Layer = {readonly tone: Tone; readonly letter: string};

const eighths = ' ▁▂▃▄▅▆▇█';
const most = eighths.length - 1;

/** The next power of two at or above a peak, at least 1, so that a new maximum rarely redraws the whole chart. */
export const scaleOf = (peak: number): number => (peak > 1 ? 2 ** Math.ceil(Math.log2(peak)) : 1);

/** Upper bounds of the layers of a column, in eighths of a line; a value above 0 always shows. */
const boundsOf = (values: readonly number[], unit: number): readonly number[] => {
	let sum = 0;
	return values.map(value => {
		sum += value;
		return sum > 0 ? Math.max(1, Math.round(sum * unit)) : 0;
	});
};

/** The layer with the largest part of a line of a column, and how many eighths of the line the column fills. */
const partOf = (bounds: readonly number[], bottom: number): readonly [layer: number, filled: number] => {
	let [layer, largest, from] = [0, 0, bottom];
	for (const [index, bound] of bounds.entries()) {
		const to = Math.min(Math.max(bound, from), bottom + most);
		if (to - from > largest) [layer, largest] = [index, to - from];
		from = to;
	}
	return [layer, from - bottom];
};

/**
 * Stacked columns as `height` lines, the top one first; each column has a value for each layer, lowest first, or is undefined where
 * nothing is known. `scale` is the value at the top. A cell shows the layer that takes most of it.
 */
export const stack = (
	columns: readonly (readonly number[] | undefined)[],
	{
		layers,
		height,
		scale,
		ascii,
	}: {readonly layers: readonly Layer[]; readonly height: number; readonly scale: number; readonly ascii: boolean},
): readonly Line[] => {
	const unit = (height * most) / scale;
	const bounds = columns.map(values => values && boundsOf(values, unit));
	return Array.from({length: height}, (_, index) => {
		const bottom = (height - 1 - index) * most;
		return inRuns(bounds.map(column => cellOf(column, bottom, layers, ascii)));
	});
};

type Cell = {readonly text: string; readonly tone: Tone};

const blank: Cell = {text: ' ', tone: 'calm'};

const cellOf = (bounds: readonly number[] | undefined, bottom: number, layers: readonly Layer[], ascii: boolean): Cell => {
	if (!bounds) return bottom === 0 ? {text: ascii ? '.' : '·', tone: 'dim'} : blank;
	const [index, filled] = partOf(bounds, bottom);
	const layer = layers[index];
	if (!layer || filled === 0) return blank;
	if (!ascii) return {text: eighths[filled] ?? ' ', tone: layer.tone};
	// Half a line and more is a letter; so is anything at the bottom, where a small load would otherwise not show.
	return bottom === 0 || filled * 2 >= most ? {text: layer.letter, tone: layer.tone} : blank;
};

/** Cells as spans, one for each run of the same tone. */
const inRuns = (cells: readonly Cell[]): Line => {
	const runs: {text: string; readonly tone: Tone}[] = [];
	for (const {text, tone} of cells) {
		const last = runs.at(-1);
		if (last?.tone === tone) last.text += text;
		else runs.push({text, tone});
	}
	return runs.map(({text, tone}): Span => span(text, tone));
};
