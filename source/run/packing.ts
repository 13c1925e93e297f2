import {deserialize, serialize} from 'node:v8';
import type {Packing} from '../core/history/packing.ts';
import {executionsIn} from '../panes/reading/executions.ts';
import {loadOf} from '../panes/reading/load.ts';
import {compressed, decompressed} from '../system/compressed.ts';

/** Packs the history of a screen. The strip, the chart and what is usual are worked out from figures of all its samples. */
export const packing: Packing = {
	serialize,
	deserialize,
	compress: compressed,
	decompress: decompressed,
	prepare: sample => {
		loadOf(sample);
		executionsIn(sample);
	},
};
