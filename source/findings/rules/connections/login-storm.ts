import {type Answer, lastUntil, type Past} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {msOf, secondsBetween} from '../../../core/values/instant.ts';
import {duration, percent} from '../../../core/values/units.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {type DatabaseCounters, databases} from '../../../queries/server/databases.ts';
import {databaseAnswersOver} from '../../counters.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionRef} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

const windowMs = 30_000;
// A pool that starts logs in within a second or two; only what lasts is a storm.
const leastSeconds = 10;

/** Clients that log in again and again instead of keeping their connections. */
export const loginStorm = defineRule({
	id: 'login-storm',
	help: 'Log-ins at a high rate for ten seconds or more: clients without a pool, or a pool whose connections die. Each log-in starts a process.',
	queries: [databases, sessions],
	overSeconds: leastSeconds,
	find: oncePerAnswers([databases], (sample, past, limits) => {
		const rate = countedRate(sample, past) ?? seenRate(sample, past);
		const severity = severityOf(rate?.perSecond ?? null, limits.logins_per_second);
		if (!rate || !severity) return [];
		const newest = newestOf(sample, past);
		const [most] = newest.groups;
		const least = rate.isCounted ? '' : 'at least ';
		return [
			{
				subject: most?.name ?? 'log-ins',
				severity,
				weight: rate.perSecond,
				summary: clean(
					most
						? `${most.name} logs in again and again: ${least}${Math.round(rate.perSecond)} log-ins/s in all.`
						: `Clients log in ${least}${Math.round(rate.perSecond)} times a second, each too briefly to be seen.`,
				),
				evidence: clean(
					`Over ${duration(rate.seconds)}.${most ? ` ${percent(most.sessions.length / newest.count)} of the ${newest.count} new sessions that were seen are of it.` : ''} Each log-in starts a process and authenticates.`,
				),
				pid: null,
				leads: most?.live ? sessionRef(most.live) : {pane: 'sessions', identity: null},
				action: 'Let the application keep its connections, or put a pool such as PgBouncer in between.',
			},
		];
	}),
});

type Rate = {readonly perSecond: number; readonly seconds: number; readonly isCounted: boolean};

const sessionsCounted = (answer: Answer<DatabaseCounters>): number | null => {
	const counts = answer.rows.map(row => row.sessions);
	return counts.length === 0 || counts.includes(null) ? null : counts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
};

const resetsOf = ({rows}: Answer<DatabaseCounters>): string => rows.map(row => `${row.datid} ${row.stats_reset}`).join();

/** Log-ins by the counters of databases, from 14 on; undefined before, and after a reset. */
const countedRate = (sample: Sample, past: Past): Rate | undefined => {
	const answers = databaseAnswersOver(sample, past, windowMs);
	const [from, to] = [answers[0], answers.at(-1)];
	if (!from || !to || resetsOf(from) !== resetsOf(to)) return undefined;
	const [then, now] = [sessionsCounted(from), sessionsCounted(to)];
	const seconds = (msOf(to.at) - msOf(from.at)) / 1000;
	if (then === null || now === null || now < then || seconds < leastSeconds) return undefined;
	return {perSecond: (now - then) / seconds, seconds, isCounted: true};
};

const samplesWithin = (sample: Sample, past: Past): readonly Sample[] => {
	const found = [sample];
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const earlier = past.at(index) as Sample;
		if (msOf(sample.at) - msOf(earlier.at) > windowMs) break;
		found.push(earlier);
	}
	return found;
};

// Sessions that began within this time before a list of them was read.
const bornSeconds = 0.1;
const leastSamples = 10;

/**
 * Log-ins before 14: sessions that had just begun when their list was read, per second. A lower bound, because some had ended
 * already. A pool that starts fills one or two lists; a storm fills half of them.
 */
const seenRate = (sample: Sample, past: Past): Rate | undefined => {
	const within = samplesWithin(sample, past);
	const seconds = (msOf(sample.at) - msOf(within.at(-1)?.at ?? sample.at)) / 1000;
	if (within.length < leastSamples || seconds < leastSeconds) return undefined;
	const born = within.map(
		each =>
			clientsOf(each).filter(({backend_start: start}) => (secondsBetween(start, each.at) ?? bornSeconds) < bornSeconds).length,
	);
	if (born.filter(count => count > 0).length < within.length / 2) return undefined;
	return {perSecond: born.reduce((sum, count) => sum + count, 0) / within.length / bornSeconds, seconds, isCounted: false};
};

type Group = {readonly name: string; readonly sessions: readonly Session[]; readonly live: Session | undefined};

const nameOf = ({application_name, usename, client_addr}: Session): string => {
	const role = `role ${usename}`;
	const where = client_addr === null ? '' : ` from ${client_addr}`;
	return application_name ? `${application_name} (${role}${where})` : `${role.replace('role', 'Role')}${where}`;
};

/** Sessions seen to begin within the window, by application, role and client, most first. */
const newestOf = (sample: Sample, past: Past): {readonly count: number; readonly groups: readonly Group[]} => {
	const began = new Map<string, Session>();
	for (const each of samplesWithin(sample, past))
		for (const session of clientsOf(each)) {
			const age = secondsBetween(session.backend_start, sample.at);
			const key = `${session.pid}@${session.backend_start}`;
			// One that is still logging in has no role yet: it may be anybody's.
			const isNamed = session.usename !== null;
			if (isNamed && age !== null && age * 1000 <= windowMs && !began.has(key)) began.set(key, session);
		}
	const live = new Set(clientsOf(sample).map(({pid, backend_start}) => `${pid}@${backend_start}`));
	const groups = [...Map.groupBy(began.values(), nameOf)]
		.map(
			([name, members]): Group => ({
				name,
				sessions: members,
				live: members.find(({pid, backend_start}) => live.has(`${pid}@${backend_start}`)),
			}),
		)
		.sort((a, b) => b.sessions.length - a.sessions.length);
	return {count: began.size, groups};
};
