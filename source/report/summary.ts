import {plural} from '../core/text/words.ts';
import {average, duration} from '../core/values/units.ts';
import {inTime, reportClock} from './clock.ts';
import type {Group, Report, Root} from './report.ts';

/** A group of sessions in few words: `worker (shop@shop)`. */
export const groupName = ({application, user, database}: Group): string =>
	application === null ? `${user ?? '?'}@${database ?? '?'}` : `${application} (${user ?? '?'}@${database ?? '?'})`;

/** The most important of a report in at most five sentences. */
export const summaryOf = (report: Omit<Report, 'summary'>): readonly string[] =>
	[loadSentence(report), findingSentence(report), rootSentence(report), actionSentence(report), endSentence(report)].filter(
		sentence => sentence !== undefined,
	);

const loadSentence = ({head, load, peak}: Omit<Report, 'summary'>): string => {
	const [wait] = peak.waits;
	const mainly = wait && wait.sessions > 0 ? `, mostly in ${wait.wait}` : '';
	if (load.active.peak === 0) return `In ${duration(head.seconds)} no session was seen to be active.`;
	return `In ${duration(head.seconds)} ${average(load.active.average)} sessions were active on average, and ${average(
		load.active.peak,
	)} at the peak at ${reportClock(load.active.peak_at, head)}${mainly}.`;
};

const findingSentence = ({findings, head}: Omit<Report, 'summary'>): string => {
	const [worst] = findings;
	const of = (severity: string): number => findings.filter(each => each.severity === severity).length;
	const counts = [
		[of('critical'), 'critical finding'],
		[of('warning'), 'warning'],
		[of('notice'), 'notice'],
	] as const;
	if (!worst) return 'No rule found anything wrong.';
	const told = counts
		.flatMap(([number, name]) => (number > 0 ? [plural(number, name)] : []))
		.join(', ')
		.replace(/, ([^,]*)$/, ' and $1');
	return `The rules found ${told}; the worst, at ${reportClock(worst.worst_at, head)}: ${worst.summary}`;
};

const rootSentence = ({root_blockers, other_root_blockers, head}: Omit<Report, 'summary'>): string | undefined => {
	const [worst] = root_blockers;
	if (!worst) return undefined;
	const others = root_blockers.length + other_root_blockers.count - 1;
	const isWere = others === 0 ? '' : `, before ${plural(others, 'other root blocker')}`;
	return `Most waiting was behind ${worst.name}${isWere}: ${plural(worst.sessions_peak, 'session')} at once, ${plural(
		worst.blast_sessions,
		'session',
	)} in all${mostly(worst)}, ${duration(worst.wait_seconds)} of waiting from ${reportClock(worst.first, head)} to ${reportClock(
		worst.ended_at ?? worst.last,
		head,
	)}.`;
};

const mostly = ({blast_radius: [first, ...others]}: Root): string => {
	if (!first) return '';
	return others.length === 0 ? `, of ${groupName(first)}` : `, ${first.sessions} of them of ${groupName(first)}`;
};

const actionSentence = ({actions, head}: Omit<Report, 'summary'>): string | undefined => {
	const [first] = actions;
	if (!first) return undefined;
	const more = actions.length > 1 ? `, the first of ${actions.length} actions` : '';
	const effect = first.effects.at(-1)?.outcome;
	return `At ${reportClock(first.at, head)} pgtriage did this${more}: ${inTime(first.target ?? first.statement ?? '?', head)}: ${first.outcome}${
		effect === undefined ? '' : `; ${effect.replace(/[.]$/, '')}`
	}.`;
};

const endSentence = ({findings, head}: Omit<Report, 'summary'>): string | undefined => {
	const alarming = findings.filter(({severity}) => severity !== 'notice');
	if (alarming.length === 0) return undefined;
	const left = alarming.filter(({to_end}) => to_end);
	const critical = left.filter(({severity}) => severity === 'critical').length;
	const warnings = left.length - critical;
	const told = [
		...(critical > 0 ? [plural(critical, 'critical finding')] : []),
		...(warnings > 0 ? [plural(warnings, 'warning')] : []),
	].join(' and ');
	return left.length === 0
		? `At the end, ${reportClock(head.to, head)}, nothing critical and no warning was left.`
		: `At the end, ${reportClock(head.to, head)}, ${told} ${left.length === 1 ? 'was' : 'were'} still there.`;
};
