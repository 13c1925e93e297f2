import type {Sample} from '../core/sample/sample.ts';
import type {Limits} from '../findings/thresholds.ts';
import {exposed} from '../monitoring/exposition.ts';
import {metricsOf, upMetric} from '../monitoring/metrics.ts';
import {put} from '../system/standard-streams.ts';

/** Prints the metrics of the last of some samples; resolves to 0, or to 3 if some of them could not be read. */
export const printMetrics = async (samples: readonly Sample[], limits: Limits): Promise<number> => {
	const {metrics, partial} = metricsOf(samples.at(-1) as Sample, samples, limits);
	return (await put(exposed([upMetric(true), ...metrics], 'openmetrics'))) || (partial ? 3 : 0);
};

/** Prints the metrics of a server that does not answer. */
export const printDown = (): Promise<number> => put(exposed([upMetric(false)], 'openmetrics'));
