import {type Instant, msOf} from '../core/values/instant.ts';
import {rounded} from '../core/values/units.ts';
import {loadOf} from '../panes/reading/load.ts';
import {createBins} from './bins.ts';
import type {LoadChart, Series} from './report.ts';
import type {Step} from './step.ts';

const all = '';

type Total = {sum: number; peak: number; peakAt: Instant};

/** Collects the active sessions over time, in total and by wait class. */
export const collectLoad = () => {
	const bins = createBins();
	const totals = new Map<string, Total>();
	let first: number | undefined;
	let last = 0;
	let seconds = 0;
	let samples = 0;

	return {
		addStep: ({sample, seconds: passed}: Step): void => {
			const {average, byClass, known} = loadOf(sample);
			const now = msOf(sample.at);
			first ??= now;
			last = now - first;
			samples++;
			if (known === 'none') return;
			const values = new Map([[all, average], ...byClass]);
			bins.add(last - passed * 1000, last, values);
			// The time that the first sample stands for is unknown.
			const weight = Math.max(passed, 0.001);
			seconds += weight;
			for (const [name, value] of values) {
				const total = totals.get(name) ?? {sum: 0, peak: -1, peakAt: sample.at};
				totals.set(name, total);
				total.sum += value * weight;
				if (value > total.peak) [total.peak, total.peakAt] = [value, sample.at];
			}
		},
		/** At most `mostCells` cells, fewer if there are fewer samples. */
		result: (mostCells: number): LoadChart => {
			const count = Math.max(1, Math.min(mostCells, samples - 1));
			const seriesOf = (name: string): Series => {
				const total = totals.get(name);
				return {
					name: name === all ? 'active' : name,
					cells: bins.cells(name, count, last).map(value => (value === null ? null : rounded(value))),
					peak: total ? rounded(total.peak) : null,
					peak_at: total?.peakAt ?? null,
					average: total ? rounded(total.sum / seconds) : null,
				};
			};
			const waits = [...totals.keys()].filter(name => name !== all).map(seriesOf);
			return {
				seconds_per_cell: rounded(last / 1000 / count),
				active: seriesOf(all),
				waits: waits.sort(
					(a, b) => (b.average ?? 0) - (a.average ?? 0) || (b.peak ?? 0) - (a.peak ?? 0) || (a.name < b.name ? -1 : 1),
				),
			};
		},
	};
};
