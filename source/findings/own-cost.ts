import {answersOf} from '../core/past.ts';
import {milliseconds} from '../core/units.ts';
import {sessions} from '../queries/sessions.ts';
import {defineRule} from './rule.ts';
import {severityOf} from './thresholds.ts';

const readings = 5;

/** The list of sessions, which this program reads all the time, has become dear to the server. */
export const ownCost = defineRule({
	id: 'own-cost',
	help: 'What this program itself costs: the server is slow to list its sessions, so that they are read less often.',
	queries: [sessions],
	find: (sample, past, limits) => {
		const took: number[] = [];
		for (const {tookMs} of answersOf(sample, past, sessions)) if (took.push(tookMs) === readings) break;
		// One slow answer is a hiccup.
		const seconds = took.length < readings ? null : Math.min(...took) / 1000;
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
