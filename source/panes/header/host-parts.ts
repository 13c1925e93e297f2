import type {Sample} from '../../core/sample/sample.ts';
import {type Line, span, type Tone} from '../../core/text/line.ts';
import {msOf} from '../../core/values/instant.ts';
import {bytes} from '../../core/values/units.ts';
import {host} from '../../queries/beside/host.ts';
import {rowsOf} from '../reading/answers.ts';

// If the host can no longer be read, its last figures grow old.
const oldMs = 15_000;
const scarce = 0.1;
const lacking = 0.05;

const memoryTone = (available: number, total: number): Tone =>
	available < total * lacking ? 'danger' : available < total * scarce ? 'warn' : 'calm';

/** Host figures of the header: one-minute load per CPUs and memory left; empty for a remote host. */
export const hostParts = (sample: Sample): readonly Line[] => {
	const answer = sample.results[host.name];
	const row = rowsOf(sample, host).find(({kind}) => kind === 'host');
	if (!answer || !row || msOf(sample.at) - msOf(answer.at) > oldMs) return [];
	const {load_average: load, cpus, memory_available_bytes: available, memory_total_bytes: total} = row;
	return [
		...(load === null || cpus === null ? [] : [[span('load ', 'dim'), span(load.toFixed(2)), span(` of ${cpus} CPUs`, 'dim')]]),
		...(available === null || total === null
			? []
			: [[span('memory left ', 'dim'), span(bytes(available), memoryTone(available, total))]]),
	];
};
