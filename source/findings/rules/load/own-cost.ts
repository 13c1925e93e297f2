import {answersOf, type Past} from '../../../core/history/past.ts';
import type {Query} from '../../../core/sample/query.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {milliseconds} from '../../../core/values/units.ts';
import {pulse} from '../../../queries/server.ts';
import {sessions} from '../../../queries/sessions.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';

const readings = 5;

/** The list of sessions, which this program reads all the time, has become dear to the server. */
export const ownCost = defineRule({
	id: 'own-cost',
	help: 'What this program itself costs: the server is slow to list its sessions, so that they are read less often.',
	queries: [sessions, pulse],
	find: (sample, past, limits) => {
		const took = fastest(sample, past, sessions);
		// What the shortest answer takes as well is the way there and back.
		const seconds = took === null ? null : (took - (fastest(sample, past, pulse) ?? 0)) / 1000;
		const severity = severityOf(seconds, limits.own_cost_seconds);
		if (!severity || seconds === null) return [];
		return [
			{
				subject: 'sessions',
				severity,
				weight: seconds,
				summary: `The server takes ${milliseconds(seconds * 1000)} at least to list its sessions for pgtriage.`,
				evidence: `The fastest of the last ${readings} lists. They are read so seldom that they take a tenth of the time.`,
				pid: null,
				leads: {pane: 'sessions', identity: null},
				action: '+ reads them less often.',
			},
		];
	},
});

/** The shortest of the last answers, in milliseconds, because one slow answer is a hiccup; null before there are enough. */
const fastest = (sample: Sample, past: Past, query: Query): number | null => {
	const took: number[] = [];
	for (const {tookMs} of answersOf(sample, past, query)) if (took.push(tookMs) === readings) return Math.min(...took);
	return null;
};
