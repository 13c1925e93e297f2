import {planLines} from '../../core/explain/plan-lines.ts';
import {isDeadlock, parseDeadlock} from '../../core/serverlog/deadlock.ts';
import {cleanLines} from '../../core/text/clean.ts';
import {type Line, line} from '../../core/text/line.ts';
import type {LogRow} from '../../queries/beside/server-log.ts';
import {indented} from '../reading/indented.ts';
import {loggedPlan} from './plan.ts';

const part = (title: string, text: string | null, width: number): readonly Line[] =>
	text === null || text === '' ? [] : [line(title, 'strong'), ...cleanLines(text).flatMap(each => indented(each, width)), []];

/** Both sides of a deadlock: what each waited for, and its statement. */
const deadlockPart = (row: LogRow, width: number): readonly Line[] => {
	const deadlock = isDeadlock(row) ? parseDeadlock(row) : undefined;
	if (!deadlock) return [];
	const {victim, processes, relation} = deadlock;
	return [
		line(`Deadlock${relation === null ? '' : ` on ${relation}`}`, 'strong'),
		...processes.flatMap(({pid, awaited, blockedBy, statement}) => [
			...indented(
				`${pid}${pid === victim ? ', aborted,' : ''} waited for ${awaited}, blocked by ${blockedBy}:`,
				width,
				pid === victim ? 'warn' : 'calm',
			),
			...cleanLines(statement ?? 'Statement not logged.').flatMap(each => indented(`  ${each}`, width)),
		]),
		[],
	];
};

const planPart = (row: LogRow, width: number): readonly Line[] | undefined => {
	const logged = loggedPlan(row.message);
	if (!logged) return undefined;
	return [
		...part('Statement', logged.statement, width),
		line(`Plan, ${logged.duration}`, 'strong'),
		...planLines(logged.plan, width, false),
		[],
	];
};

/** Page of an entry: all of its texts; a deadlock with both statements, and an entry of auto_explain as a plan. */
export const logEntryLines = (row: LogRow, width: number): readonly Line[] => [
	...(planPart(row, width) ?? part('Message', row.message, width)),
	...deadlockPart(row, width),
	...part('Detail', row.detail, width),
	...part('Hint', row.hint, width),
	...part('Context', row.context, width),
	...part('Statement', row.statement, width),
];
