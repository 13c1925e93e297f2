import type {Past} from '../core/history/past.ts';
import type {Sample} from '../core/sample/sample.ts';
import type {Registry} from '../core/state/registry.ts';
import {createFindingMemory} from '../monitoring/new-findings.ts';
import {namedFindings} from './on-finding.ts';

/** What a terminal announces: the title of its window, and a bell if something became critical. */
export type Announcement = {readonly title: string; readonly rings: boolean};

/** Creates `--notify`: what to announce after each sample; undefined if nothing changed. */
export const createNotifier = (registry: Registry, place: string): ((sample: Sample, past: Past) => Announcement | undefined) => {
	const isNew = createFindingMemory();
	let shown = '';
	return (sample, past) => {
		const critical = namedFindings(registry, sample, past).filter(
			({severity, row}) => severity === 'critical' && row.ongoing === true,
		);
		const rings = isNew(critical, sample.at).length > 0;
		const [worst] = critical;
		const title = worst ? `CRITICAL ${worst.row.rule}: ${worst.row.summary}` : `pgtriage ${place}`;
		// The figures of a summary change with every sample: a title is written when its finding is another one.
		const name = worst?.name ?? '';
		if (name === shown && !rings) return undefined;
		shown = name;
		return {title, rings};
	};
};
