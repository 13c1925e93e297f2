import {answerOf} from '../../../core/history/past.ts';
import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {databases} from '../../../queries/server/databases.ts';
import {counterRates, databaseAnswersOver, namedDatabases} from '../../counters.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionActivity, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

const windowMs = 30_000;
// Between two adjacent answers, closing a single file would look like a storm.
const leastSeconds = 8;

/** Temporary files that are written faster than a disk can take. */
export const tempStorm = defineRule({
	id: 'temp-storm',
	help: 'Sorts and hashes that exceed work_mem and write temporary files fast enough to fill the disk.',
	queries: [databases, sessions],
	overSeconds: leastSeconds,
	find: (sample, past, limits) =>
		storms(sample, past, limits).map(({datid, datname, pace, seconds, severity}) => {
			const writers = writersIn(sample, datid);
			const [writer] = writers;
			const others = writers.length > 1 ? ` and ${writers.length - 1} more` : '';
			return {
				subject: datname,
				severity,
				weight: pace,
				summary: clean(
					writer
						? `${sessionName(writer, sample)}${others} write${others ? '' : 's'} temporary files: ${bytes(pace)}/s in ${datname}.`
						: `Statements in ${datname} write ${bytes(pace)}/s of temporary files.`,
				),
				evidence: clean(
					`Measured over ${duration(seconds)}, counted when files are closed.${writer ? ` ${writer.pid} is ${sessionActivity(writer, sample)}, using a temporary file right now.` : ''}`,
				),
				pid: writer?.pid ?? null,
				leads: writer ? sessionRef(writer) : {pane: 'databases', identity: `database ${datid}`},
				action: writer
					? `${sessionRemedy(writer)} A larger work_mem, or an index in that order, avoids the files.`
					: 'The statements pane shows which ones wrote temporary blocks.',
			};
		}),
});

type Storm = {
	readonly datid: number;
	readonly datname: string;
	readonly pace: number;
	readonly seconds: number;
	readonly severity: Severity;
};

const storms = oncePerAnswers([databases], (sample, past, limits): readonly Storm[] => {
	const [base] = databaseAnswersOver(sample, past, windowMs);
	const now = answerOf(sample, databases);
	return namedDatabases(sample).flatMap(({datid, datname}): readonly Storm[] => {
		const counted = counterRates(base, now, datid);
		if (!counted || counted.seconds < leastSeconds) return [];
		const pace = counted.of('temp_bytes') / counted.seconds;
		const severity = severityOf(pace, limits.temp_bytes_per_second);
		return severity ? [{datid, datname, pace, seconds: counted.seconds, severity}] : [];
	});
});

/** Clients that use a temporary file right now, the longest running statement first. */
const writersIn = (sample: Sample, datid: number): readonly Session[] =>
	clientsOf(sample)
		.filter(
			session => session.datid === datid && session.state === 'active' && session.wait_event?.startsWith('BufFile') === true,
		)
		.sort((a, b) => ((a.query_start ?? '') < (b.query_start ?? '') ? -1 : 1));
