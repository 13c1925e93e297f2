import type {RowRef} from '../../../core/pane/pane.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {statementHeadOf} from '../../../core/sql/statement-head.ts';
import {clean} from '../../../core/text/clean.ts';
import {joinSentences} from '../../../core/text/sentence.ts';
import {plural} from '../../../core/text/words.ts';
import {msOf} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {logDeadlocks, serverLog} from '../../../queries/beside/server-log.ts';
import {databases} from '../../../queries/server/databases.ts';
import {counterRates, databaseAnswersOver, namedDatabases, secondsSinceRise} from '../../counters.ts';
import {deadlockOf, type KnownDeadlock, unreadReason} from '../../logged-deadlocks.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {sessionName} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

const windowMs = 300_000;
// Transactions that deadlock are tried again at once: a minute without another deadlock is the end of it.
const ongoingSeconds = 60;

const mostStatement = 100;

/** Processes of a deadlock by name; the relation they met on, if it is known. */
const namesOf = ({processes, sessions, sample, relation}: KnownDeadlock): string => {
	const names = processes.map(({pid}) => {
		const session = sessions.get(pid);
		return session ? sessionName(session, sample) : String(pid);
	});
	return `${[names.slice(0, -1).join(', '), names.at(-1)].join(' and ')} deadlocked${relation === null ? '' : ` on ${relation}`}`;
};

const statementsOf = ({processes, victim}: KnownDeadlock): string =>
	processes
		.map(({pid, statement}) => {
			const text = statement === null ? 'statement unknown' : statementHeadOf(statement, mostStatement);
			return `${pid}${pid === victim ? ' (aborted)' : ''}: ${text}`;
		})
		.join('; ');

/** The entry of the log, or its pane if the entries were not read; the database if the log does not have the deadlock. */
const leadsTo = (known: KnownDeadlock | undefined, datid: number, sample: Sample): RowRef => {
	if (known?.number == null) return {pane: 'databases', identity: `database ${datid}`};
	const isShown = rowsOf(sample, serverLog).some(({number}) => number === known.number);
	return {pane: 'serverlog', identity: isShown ? String(known.number) : null};
};

/** Deadlocks that the server resolved in the last minutes. */
export const deadlocks = defineRule({
	id: 'deadlocks',
	help: 'Deadlocks that the server resolved in the last five minutes, as far as observed; each cost a transaction. The last one is named with its statements: from the server log if it can be read, else from sessions that were seen waiting for each other.',
	queries: [databases],
	find: oncePerAnswers([databases, logDeadlocks], (sample, past, limits) => {
		const answers = databaseAnswersOver(sample, past, windowMs);
		return namedDatabases(sample).flatMap(({datid, datname}) => {
			const counted = counterRates(answers[0], answers.at(-1), datid);
			const count = counted?.of('deadlocks') ?? 0;
			const severity = severityOf(count, limits.deadlocks);
			if (!severity || !counted) return [];
			const ago = secondsSinceRise(answers, ({rows}) => rows.find(row => row.datid === datid)?.deadlocks ?? null) ?? 0;
			const ongoing = ago <= ongoingSeconds;
			const last = ongoing ? '' : `, the last one ${duration(ago)} ago`;
			const counts = `${plural(count, 'deadlock')} in ${datname} in the last ${duration(counted.seconds)}${last}.`;
			const known = deadlockOf(sample, past, {datid, datname}, msOf(answers.at(-1)?.at ?? sample.at) - 1000 * ago);
			const reason = unreadReason(sample, logDeadlocks.name);
			const evidence = known
				? `${statementsOf(known)}. Each deadlock cost a transaction.`
				: `Each cost a transaction; ${reason === '' ? 'the server log has the statements.' : 'the statements are not known.'}`;
			return [
				{
					subject: datname,
					severity,
					ongoing,
					weight: count,
					summary: clean(known ? `${namesOf(known)}: ${counts}` : counts),
					evidence: clean(known?.number == null ? joinSentences(evidence, reason) : evidence),
					pid: null,
					leads: leadsTo(known, datid, sample),
					action: 'Make all transactions take locks in the same order, for example by primary key.',
				},
			];
		});
	}),
});
