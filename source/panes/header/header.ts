import {pastOf} from '../../core/history/moment.ts';
import {lastUntil} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import {isAlarming} from '../../core/pane/finding.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {statementHeadOf} from '../../core/sql/statement-head.ts';
import {markOf} from '../../core/state/compare.ts';
import {headerHeight} from '../../core/state/frame.ts';
import {isOverdue, type State} from '../../core/state/state.ts';
import {type Line, labelMark, line, type Parts, span, type Tone} from '../../core/text/line.ts';
import {msOf, secondsBetween, timeOfDay} from '../../core/values/instant.ts';
import {bytes, duration, milliseconds, percent, shortCount} from '../../core/values/units.ts';
import {isNewer, newestMajor} from '../../core/values/versions.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {host, processes} from '../../queries/beside/host.ts';
import {type Facts, type Pulse, pulse} from '../../queries/server/server.ts';
import {haltedOf} from '../pooler/pools.ts';
import {factsOf, graphOf, locksKnown, rowsOf} from '../reading/answers.ts';
import {loadOf} from '../reading/load.ts';
import {liveTempOf} from '../reading/temp-files.ts';
import {slowestSince} from '../statements/compared.ts';
import {alarmParts, type Verdict} from './alarm-line.ts';
import {hostParts} from './host-parts.ts';
import {patroniParts} from './patroni-parts.ts';
import {stripLines} from './strip.ts';

/**
 * Header, most important line first: server, worst finding, sessions and waits, rates, load over time. On a low screen a calm
 * alarm line gives way to the sessions.
 */
export const header = (state: State, sample: Sample | undefined, verdict: Verdict): readonly Parts[] => {
	const {findings} = verdict;
	if (!sample) return [[titlePart(state), line(state.place)]];
	const optional = [...(state.options.rates ? [rateParts(state, sample)] : []), ...stripLines(state, sample)];
	const since = isOverdue(state) ? sample.at : undefined;
	const subject = {isRecorded: state.replay !== undefined, since};
	const [alarm, activity] = [alarmParts(verdict, subject, state.size.columns), activityParts(state, sample)];
	const sinceMark = markParts(state, sample);
	const isCalm = since === undefined && !findings.some(isAlarming);
	const ordered = isCalm && headerHeight(state) < 3 ? [activity, alarm] : [alarm, activity];
	if (sinceMark.length > 0)
		ordered[0] = isCalm ? [...sinceMark, ...(ordered[0] ?? [])] : [...alarm.slice(0, 1), ...sinceMark, ...alarm.slice(1)];
	return [placeParts(state, sample), ...ordered, ...optional];
};

const mostOfStatement = 60;

/** The statement that got slower since the last mark, and the keys that show it. */
const markParts = (state: State, sample: Sample): Parts => {
	const mark = markOf(state);
	const slowest = mark && slowestSince(mark, sample, pastOf(state.timeline, state.frozen));
	if (!mark || !slowest) return [];
	const {row, others} = slowest;
	const statement = row.query === null ? `statement ${row.entry.queryid}` : statementHeadOf(row.query, mostOfStatement);
	const more = others > 0 ? ` (+${others} more)` : '';
	return [
		line(`${shortCount(row.factor ?? 0)}x slower since ${timeOfDay(mark.sample.at)}: ${statement}${more}, press 5 d`, 'warn'),
	];
};

/** Name of the program, behind the label of the server: it is never dropped, so that nobody takes one server for another. */
const titlePart = ({label}: State): Line => [...labelMark(label), span('pgtriage', 'strong')];

const placeParts = (state: State, sample: Sample): Parts => {
	const facts = factsOf(sample);
	const now = pulseOf(sample);
	const role = roleOf(sample);
	const uptime = secondsBetween(now?.started ?? facts?.started ?? null, sample.at);
	return [
		titlePart(state),
		line(sample.at.slice(11, 19), 'strong'),
		...haltedParts(sample),
		...paceParts(state),
		...(role === undefined ? [] : [line(role)]),
		line(state.place),
		...patroniParts(sample),
		...(facts ? [versionPart(facts)] : []),
		...(uptime === null ? [] : [line(`up ${duration(uptime)}`, 'dim')]),
	];
};

// More names than these leave no room for the server.
const mostHalted = 2;

/** Databases that PgBouncer keeps its clients from, also if another console paused them. */
const haltedParts = (sample: Sample): Parts =>
	(['PAUSED', 'DISABLED'] as const).flatMap(word => {
		const names = [...new Set(haltedOf(sample).flatMap(each => (each.word === word ? each.name : [])))];
		if (names.length === 0) return [];
		const more = names.length > mostHalted ? ` +${names.length - mostHalted}` : '';
		return [line(`PgBouncer ${word}: ${names.slice(0, mostHalted).join(', ')}${more}`, 'danger')];
	});

const versionPart = ({version, version_text}: Facts): Line => {
	const text = `PostgreSQL ${version_text.split(' ')[0]}`;
	return isNewer(version) ? line(`${text}, newer than ${newestMajor}`, 'warn') : line(text);
};

/** Reason why samples come less often than requested. */
const paceParts = ({link: {pace}}: State): Parts =>
	pace === undefined
		? []
		: [line(`refreshing every ${duration(pace.everyMs / 1000)}: the server needs ${milliseconds(pace.costMs)}`, 'warn')];

const figure = (name: string, value: string | null, tone: Tone = 'calm'): Line => [
	span(`${name} `, 'dim'),
	span(value ?? '-', tone),
];

const activityParts = (state: State, sample: Sample): Parts => {
	const facts = factsOf(sample);
	const load = loadOf(sample);
	const {nodes} = graphOf(sample);
	// Every role can read the locks: they show waiters whose sessions are hidden.
	const waiting = Math.max(load.waiting, nodes.filter(node => node.wait).length);
	const roots = nodes.filter(node => node.depth === 0 && node.blocksDirect > 0).length;
	const most = facts?.max_connections ?? null;
	const reserved = facts?.reserved_connections ?? 0;
	const limit = most === null ? '' : `/${most}`;
	const free = most === null ? Number.POSITIVE_INFINITY : most - reserved - load.connections;
	const full: Tone = free <= 0 ? 'danger' : most !== null && free < most / 10 ? 'warn' : 'calm';
	// States hidden from the role are unknown: a count is a minimum.
	const isRead = sample.results[sessions.name]?.ok === true;
	const least = (count: number): string | null => (isRead ? `${count}${load.unknown > 0 ? '+' : ''}` : null);
	// Reserved connections are part of the figure once they matter.
	const reservation = full === 'calm' || reserved === 0 ? '' : `, ${reserved} reserved`;
	return [
		figure('sessions', `${isRead ? load.connections : '-'}${limit}${reservation}`, full),
		figure('waiting', least(waiting), waiting > 0 ? 'warn' : 'calm'),
		figure('blockers', locksKnown(sample) ? String(roots) : null, roots > 0 ? 'danger' : 'calm'),
		figure('active', least(load.active)),
		figure('idle in xact', least(load.idleInTransaction)),
		figure('idle', least(load.idle)),
		...(load.unknown > 0 ? [figure('unknown', String(load.unknown), 'warn')] : []),
		costPart(state, sample),
		...(reserved > 0 && reservation === '' ? [figure('reserved', String(reserved))] : []),
	];
};

const beside: ReadonlySet<string> = new Set([host.name, processes.name]);

/** Time that the queries of the last refresh took the server, and its share of the refresh interval. */
const costPart = ({options, link}: State, sample: Sample): Line => {
	const everyMs = link.pace?.everyMs ?? options.intervalMs;
	const spent = Object.entries(sample.results)
		.filter(([name, result]) => !beside.has(name) && msOf(sample.at) - msOf(result.at) < everyMs / 2)
		.reduce((sum, [, result]) => sum + ((result.ok ? result.serverMs : undefined) ?? result.tookMs), 0);
	return line(
		`pgtriage: ${spent.toFixed(spent < 10 ? 1 : 0)} ms server, ${percent(spent / everyMs).replace('%', ' %')} of a refresh`,
		'dim',
	);
};

/** Cluster-wide counters of a sample; undefined if they could not be read. */
const pulseOf = (sample: Sample): Pulse | undefined => rowsOf(sample, pulse)[0];

// Busy backends report their counters about once a second: a shorter window would show noise.
const windowMs = 4000;

/** Oldest sample in the rate window with counters of the same server run. */
const baseOf = (state: State, sample: Sample): Sample | undefined => {
	const now = pulseOf(sample);
	const until = msOf(sample.at);
	const samples = pastOf(state.timeline, state.frozen);
	const last = lastUntil(samples, sample.seq - 1);
	let base: Sample | undefined;
	for (let index = last; index >= 0; index--) {
		const candidate = samples.at(index) as Sample;
		const then = pulseOf(candidate);
		if (until - msOf(candidate.at) > windowMs * 1.5 || then?.started !== now?.started || then?.stats_reset !== now?.stats_reset)
			break;
		base = candidate;
		if (until - msOf(candidate.at) >= windowMs) break;
	}
	return base;
};

const rateParts = (state: State, sample: Sample): Parts => {
	const now = pulseOf(sample);
	const base = baseOf(state, sample);
	const then = base && pulseOf(base);
	const rate = (value: (of: Pulse) => number | null): number | null => {
		if (!now || !then || !base) return null;
		return perSecond(
			{at: base.results[pulse.name]?.at ?? '', value: value(then)},
			{at: sample.results[pulse.name]?.at ?? '', value: value(now)},
		);
	};
	const written = (value: number | null, write: (value: number) => string): string | null =>
		value === null ? null : write(value);
	const hit = rate(of => of.blks_hit);
	const read = rate(of => of.blks_read);
	const ratio = hit === null || read === null || hit + read < 10 ? null : `${((100 * hit) / (hit + read)).toFixed(1)}%`;
	const rollbacks = rate(of => of.xact_rollback);
	return [
		figure(
			'tps',
			written(
				rate(({xact_commit, xact_rollback}) =>
					xact_commit === null || xact_rollback === null ? null : xact_commit + xact_rollback,
				),
				shortCount,
			),
		),
		figure(
			'rollbacks',
			written(rollbacks, value => `${shortCount(value)}/s`),
		),
		figure('hit', ratio),
		figure(
			'wal',
			written(
				rate(of => of.wal_bytes),
				value => `${bytes(value)}/s`,
			),
		),
		...lagParts(now),
		figure(
			'temp',
			written(
				rate(of => of.temp_bytes),
				value => `${bytes(value)}/s`,
			),
		),
		...tempParts(sample),
		figure('xid age', now?.xid_age == null ? null : shortCount(now.xid_age), xidTone(now?.xid_age ?? 0)),
		...hostParts(sample),
	];
};

// Less is the ordinary spill of a sort.
const manyTempBytes = 67_108_864;
const mostTempBytes = 1_073_741_824;

/** Temporary files on disk now, once they are more than a spill; counters only rise when files are closed. */
const tempParts = (sample: Sample): Parts => {
	const temp = liveTempOf(sample);
	if (!temp || temp.bytes < manyTempBytes) return [];
	const least = temp.complete ? '' : '+';
	return [figure('temp files', `${bytes(temp.bytes)}${least}`, temp.bytes < mostTempBytes ? 'calm' : 'warn')];
};

/** Lag of the slowest standby; on a standby, of its replay, which is unknown while nothing is received. */
const lagParts = (now: Pulse | undefined): Parts => {
	const lag = now?.replay_lag_bytes ?? null;
	if (lag === null) return now?.in_recovery === true ? [figure('lag', null)] : [];
	return [figure('lag', bytes(Math.max(0, lag)))];
};

// autovacuum_freeze_max_age is 200 million by default; vacuum_failsafe_age 1.6 billion; the server stops at about 2.1 billion.
const xidTone = (age: number): Tone => (age >= 1_600_000_000 ? 'danger' : age >= 500_000_000 ? 'warn' : 'calm');

/** Role of the server in a sample; undefined while unknown, or if the server refuses to tell. */
export const roleOf = (sample: Sample): 'primary' | 'standby' | undefined => {
	const standby = pulseOf(sample)?.in_recovery ?? factsOf(sample)?.in_recovery;
	return standby == null ? undefined : standby ? 'standby' : 'primary';
};
