import {deserialize, serialize} from 'node:v8';
import type {HistoryCodec} from '../core/history/compression.ts';
import {executionsIn} from '../panes/reading/executions.ts';
import {loadOf} from '../panes/reading/load.ts';
import {compressed, decompressed} from '../system/compressed.ts';

/** Compresses the history of a screen, after the figures that the strip, the chart and rules need of every sample are computed. */
export const historyCodec: HistoryCodec = {
	serialize,
	deserialize,
	compress: compressed,
	decompress: decompressed,
	prepare: sample => {
		loadOf(sample);
		executionsIn(sample);
	},
};
