import type {Sample} from '../../../core/sample/sample.ts';
import {type Instant, secondsBetween, timeOfDay} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {factsOf, rowsOf} from '../../../panes/reading/answers.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {facts, pulse} from '../../../queries/server/server.ts';
import {defineRule} from '../../rule.ts';

// Applications need minutes to come back after all of their sessions ended; later, other findings matter more.
const longestSeconds = 600;
const leastSeconds = 3;
// From 15 on a server that starts has its checkpointer at once; before, a primary has it after its recovery, which follows a crash
// too, and a standby once it has read the first WAL, which may take its time.
const startsAtOnce = 150_000;

/** Start of the checkpointer if it is younger than the server: it only ends with all others, after the crash of one. */
const recoveredAt = (sample: Sample): Instant | null => {
	const now = rowsOf(sample, pulse)[0];
	const version = factsOf(sample)?.version;
	if (!now || version === undefined || (now.in_recovery === true && version < startsAtOnce)) return null;
	const checkpointer = rowsOf(sample, sessions).find(({backend_type}) => backend_type === 'checkpointer');
	const at = checkpointer?.backend_start ?? null;
	return at !== null && (secondsBetween(now.started, at) ?? 0) >= leastSeconds ? at : null;
};

/** A server that recovered from the crash of one of its processes, which pg_postmaster_start_time() does not tell. */
export const serverCrashed = defineRule({
	id: 'server-crashed',
	help: 'A server that recovered from a crash in the last ten minutes: the end of one process by a signal or a fault ended the sessions of all.',
	queries: [sessions, pulse, facts],
	find: sample => {
		const at = recoveredAt(sample);
		const ago = secondsBetween(at, sample.at);
		if (at === null || ago === null || ago > longestSeconds) return [];
		return [
			{
				subject: at,
				severity: 'warning',
				ongoing: false,
				weight: longestSeconds - ago,
				summary: `The server crashed and recovered ${duration(ago)} ago: all sessions were ended.`,
				evidence: `Its checkpointer started again at ${timeOfDay(at)}, which it does only after a process ended by a signal or a fault.`,
				pid: null,
				leads: {pane: 'serverlog', identity: null},
				action:
					'See the server log before that time for the process and the signal; after signal 9, the log of the kernel for out of memory.',
			},
		];
	},
});
