import {plural} from '../core/text/words.ts';
import {average, duration} from '../core/values/units.ts';
import {reportClock, withClocks} from './clock.ts';
import type {Group, Report, Root} from './report.ts';

/** A group of sessions in few words: `worker (shop@shop)`. */
export const groupName = ({application, user, database}: Group): string =>
	application === null ? `${user ?? '?'}@${database ?? '?'}` : `${application} (${user ?? '?'}@${database ?? '?'})`;

/** Summary of a report in at most five sentences. */
export const summaryOf = (report: Omit<Report, 'summary'>): readonly string[] =>
	[loadSentence(report), findingSentence(report), rootSentence(report), actionSentence(report), endSentence(report)].filter(
		sentence => sentence !== undefined,
	);

/** The load over the whole time, as a sentence. */
const loadSentence = ({head, load, peak}: Omit<Report, 'summary'>): string => {
	const {active} = load;
	if (peak === null || active.peak === null || active.average === null || active.peak_at === null)
		return 'The activity of sessions was not visible to this role: GRANT pg_monitor TO the role that records.';
	if (active.peak === 0) return `No session was active in ${duration(head.seconds)}.`;
	const [wait] = peak.waits;
	const mainWait = wait && wait.sessions > 0 ? `, mostly in ${wait.wait}` : '';
	return `${average(active.average)} sessions active on average over ${duration(head.seconds)}, ${average(
		active.peak,
	)} at the peak at ${reportClock(active.peak_at, head)}${mainWait}.`;
};

const findingSentence = ({findings, head}: Omit<Report, 'summary'>): string => {
	const [worst] = findings;
	if (!worst) return 'No findings.';
	const count = (severity: string): number => findings.filter(finding => finding.severity === severity).length;
	const counts = [
		[count('critical'), 'critical finding'],
		[count('warning'), 'warning'],
		[count('notice'), 'notice'],
	] as const;
	const list = counts
		.flatMap(([number, name]) => (number > 0 ? [plural(number, name)] : []))
		.join(', ')
		.replace(/, ([^,]*)$/, ' and $1');
	return `${list}; the worst at ${reportClock(worst.worst_at, head)}: ${worst.summary}`;
};

const rootSentence = ({root_blockers, other_root_blockers, head}: Omit<Report, 'summary'>): string | undefined => {
	const [worst] = root_blockers;
	if (!worst) return undefined;
	const count = root_blockers.length + other_root_blockers.count;
	return `${worst.name} was the ${count === 1 ? 'only root blocker' : `worst of ${count} root blockers`}: ${plural(
		worst.sessions_peak,
		'session',
	)} blocked at once, ${worst.blast_sessions} over time${mostly(worst)}, ${duration(worst.wait_seconds)} total wait from ${reportClock(
		worst.first,
		head,
	)} to ${reportClock(worst.ended_at ?? worst.last, head)}.`;
};

const mostly = ({blast_radius: [first, ...others]}: Root): string => {
	if (!first) return '';
	return others.length === 0 ? `, all ${groupName(first)}` : `, ${first.sessions} of them ${groupName(first)}`;
};

const actionSentence = ({actions, head}: Omit<Report, 'summary'>): string | undefined => {
	const [first] = actions;
	if (!first) return undefined;
	const count = actions.length > 1 ? ` (first of ${actions.length})` : '';
	const effect = first.effects.at(-1)?.outcome;
	return `pgtriage action at ${reportClock(first.at, head)}${count}: ${withClocks(first.target ?? first.statement ?? '?', head)}: ${first.outcome}${
		effect === undefined ? '' : `; ${effect.replace(/[.]$/, '')}`
	}.`;
};

const endSentence = ({findings, head}: Omit<Report, 'summary'>): string | undefined => {
	const alarming = findings.filter(({severity}) => severity !== 'notice');
	if (alarming.length === 0) return undefined;
	const left = alarming.filter(({to_end}) => to_end);
	const critical = left.filter(({severity}) => severity === 'critical').length;
	const warnings = left.length - critical;
	const list = [
		...(critical > 0 ? [plural(critical, 'critical finding')] : []),
		...(warnings > 0 ? [plural(warnings, 'warning')] : []),
	].join(' and ');
	return left.length === 0
		? `No critical finding and no warning at the end (${reportClock(head.to, head)}).`
		: `Still present at the end (${reportClock(head.to, head)}): ${list}.`;
};
