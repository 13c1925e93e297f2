import {answersOf, type Past} from '../../../core/history/past.ts';
import type {Query} from '../../../core/sample/query.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {milliseconds} from '../../../core/values/units.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {pulse} from '../../../queries/server/server.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';

const readings = 5;

/** List of sessions that has become expensive for the server; pgtriage reads it with every refresh. */
export const ownCost = defineRule({
	id: 'own-cost',
	help: 'The cost of pgtriage itself: the server is slow to list its sessions, so they are read less often.',
	queries: [sessions, pulse],
	find: (sample, past, limits) => {
		const took = fastest(sample, past, sessions);
		// The shortest answer takes the round trip and little else, if the server's own time is unknown.
		const seconds = took === null ? null : (took - (fastest(sample, past, pulse) ?? 0)) / 1000;
		const severity = severityOf(seconds, limits.own_cost_seconds);
		if (!severity || seconds === null) return [];
		return [
			{
				subject: 'sessions',
				severity,
				weight: seconds,
				summary: `pgtriage costs the server at least ${milliseconds(seconds * 1000)} per list of sessions.`,
				evidence: `Fastest of the last ${readings} lists; they are spaced out to take a tenth of the time.`,
				pid: null,
				leads: {pane: 'sessions', identity: null},
				action: '+ reads the list less often.',
			},
		];
	},
});

/**
 * Time that the fastest of the last answers took the server, since one slow answer is a hiccup, in milliseconds; with the network if
 * it is not known without. Null before there are enough.
 */
const fastest = (sample: Sample, past: Past, query: Query): number | null => {
	const took: number[] = [];
	for (const {serverMs, tookMs} of answersOf(sample, past, query))
		if (took.push(serverMs ?? tookMs) === readings) return Math.min(...took);
	return null;
};
