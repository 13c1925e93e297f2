import {type Finding, isAlarming, severityWords, toneOf} from '../../core/pane/finding.ts';
import type {Query} from '../../core/sample/query.ts';
import {line, lineWidth, type Parts} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {type Instant, timeOfDay} from '../../core/values/instant.ts';

/** Findings of a sample by rank, the queries of triage that have no answer yet, and the number of rules that still measure rates. */
export type Verdict = {readonly findings: readonly Finding[]; readonly pending: readonly Query[]; readonly measuring: number};

/** What the verdict is about: a recording, to which nothing can be added, or a server that has not answered `since` a moment. */
export type Subject = {readonly isRecorded: boolean; readonly since: Instant | undefined};

// More names than these do not help anybody who looks at a glance.
const mostNames = 3;

const named = (names: readonly string[]): string => {
	const left = names.length - mostNames;
	return `${names.slice(0, mostNames).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
};

/** Names of what triage could not read. */
const unreadAmong = (findings: readonly Finding[]): readonly string[] =>
	findings.filter(({rule}) => rule === 'not-read').map(({subject}) => subject);

const stillMeasuring = 'No trouble found so far; still measuring rates';

/**
 * Verdict when nothing alarms. It is an all-clear only if everything was read, and just now: else it names what was not, and what is
 * still awaited (`pending`).
 */
const calmParts = ({findings, pending, measuring}: Verdict, {isRecorded, since}: Subject): Parts => {
	if (since !== undefined) return [line(`The server has not answered since ${timeOfDay(since)}`, 'danger')];
	const unread = unreadAmong(findings);
	const awaited = pending.map(({title}) => title);
	const notices = findings.length === 0 ? [] : [line(`${plural(findings.length, 'notice')}, press 0`, 'dim')];
	if (unread.length > 0) return [line(`Not read: ${named(unread)}; no trouble found in the rest`, 'warn'), ...notices];
	if (awaited.length > 0)
		return [line(`${isRecorded ? 'Not recorded' : 'Not read yet'}: ${named(awaited)}`, isRecorded ? 'warn' : 'dim'), ...notices];
	return [line(measuring > 0 ? stillMeasuring : 'No trouble found', 'dim'), ...notices];
};

/** Number of further findings and the key that lists them, as far as there is room: the number is shown on every screen. */
const moreWords = (more: number, room: number): string =>
	[`+${more} more, press 0`, `+${more} more`].find(words => words.length <= room) ?? `+${more}`;

/**
 * Alarm line of the header in `width` cells: the first finding that alarms, the number of others, what was not read, and the key
 * that lists them.
 */
export const alarmParts = (verdict: Verdict, subject: Subject, width: number): Parts => {
	const {findings} = verdict;
	const [worst, ...others] = findings.filter(isAlarming);
	if (!worst) return calmParts(verdict, subject);
	const more = others.length;
	const unread = unreadAmong(findings.filter(finding => finding !== worst));
	const headline = line(`${severityWords(worst)}: ${worst.summary}`, toneOf(worst));
	return [
		headline,
		...(more > 0 ? [line(moreWords(more, width - lineWidth(headline) - 2), 'dim')] : [line('press 0 for more', 'dim')]),
		...(unread.length > 0 ? [line(`not read: ${named(unread)}`, 'warn')] : []),
	];
};
