import {type Instant, secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import type {Signal} from './signal.ts';

/** A backend as it was when somebody pointed at it: its identity, and all that a person must see before touching it. */
export type Target = {
	readonly pid: number;
	readonly backend_start: Instant | null;
	readonly backend_type: string | null;
	readonly query_start: Instant | null;
	readonly xact_start: Instant | null;
	readonly usename: string | null;
	/** Whether its role is a superuser; null while that is not known. */
	readonly superuser: boolean | null;
	readonly datname: string | null;
	readonly application_name: string | null;
	readonly client_addr: string | null;
	readonly state: string | null;
	readonly wait_event: string | null;
	readonly query: string | null;
	/** Sessions that wait behind it, directly or not. */
	readonly blocks: number | null;
	/** They, and for whom each of them waits. */
	readonly waiters: readonly Waiter[];
	readonly own: boolean;
};

/** A session that waits for others. */
export type Waiter = {readonly pid: number; readonly blockedBy: readonly number[]};

/** A target that may be signalled: what identifies it and says what it is is known. */
export type KnownTarget = Target & {readonly backend_start: Instant; readonly backend_type: string};

const allowed = new Set(['client backend', 'parallel worker', 'autovacuum worker', 'walsender']);

/** Why a signal is not sent at all, as a sentence; undefined where it may be asked for. */
export const refusalOf = (signal: Signal, target: Target): string | undefined => {
	if (target.own) return `${target.pid} is a connection of pgtriage itself.`;
	if (target.backend_start === null || target.backend_type === null)
		return `${target.pid} cannot be identified by this role: GRANT pg_monitor to it.`;
	if (!allowed.has(target.backend_type))
		return `${target.pid} is the ${target.backend_type}: a signal would not help, it serves the whole server.`;
	if (signal === 'cancel' && target.backend_type === 'client backend' && target.state !== 'active')
		return `${target.pid} is ${target.state ?? 'not running a statement'}: there is no statement to cancel; K ends the session.`;
	return undefined;
};

/** Why a signal to this target needs a typed word, as sentences; empty where `y` is enough. */
export const risksOf = (signal: Signal, target: Target): readonly string[] => {
	const risks: string[] = [];
	const query = target.query ?? '';
	if (target.backend_type === 'walsender')
		risks.push(
			`It feeds the standby or consumer ${target.application_name ?? '?'} at ${target.client_addr ?? 'a local socket'}, which will have to reconnect.`,
		);
	if (target.backend_type === 'autovacuum worker')
		risks.push(
			/to prevent wraparound/.test(query)
				? 'This autovacuum prevents transaction id wraparound.'
				: 'Autovacuum starts it again at once.',
		);
	// A word too many is typed rather than one too few.
	if (target.superuser === null) risks.push(`It is not known yet whether ${target.usename} is a superuser.`);
	if (target.superuser) risks.push(`${target.usename} is a superuser.`);
	if (target.state === 'active' && maintenance.test(query))
		risks.push('It is maintenance that would have to begin again, and may leave an invalid index.');
	if (/^\s*(?:copy\s|BASE_BACKUP)/i.test(query) || /pg_dump|pg_basebackup/.test(target.application_name ?? ''))
		risks.push('It looks like a dump or a backup, which would be incomplete.');
	if (target.wait_event === 'SyncRep')
		risks.push(
			signal === 'cancel'
				? 'Its transaction is committed here and waits for a standby: cancelling reports success although the standby may not have it.'
				: 'Its transaction is committed here and waits for a standby: the client will not learn that it is committed.',
		);
	return risks;
};

const maintenance = /^\s*(?:create\s+(?:unique\s+)?index\s+concurrently|reindex|vacuum|cluster|refresh\s+materialized)/i;

/** The target in one line of words, for result lines and toasts. */
export const nameOf = (target: Pick<Target, 'pid' | 'usename' | 'datname'>): string =>
	`${target.pid} (${target.usename ?? '?'}@${target.datname ?? '?'})`;

/** What the target does and since when, in words. */
export const stateOf = (target: Target, now: Instant): string => {
	const age = (since: Instant | null): string => {
		const seconds = secondsBetween(since, now);
		return seconds === null ? '' : ` ${duration(seconds)}`;
	};
	const transaction = target.xact_start === null ? 'no transaction open' : `transaction open for${age(target.xact_start)}`;
	return `${target.state ?? 'state unknown'}${target.wait_event ? `, waits for ${target.wait_event}` : ''}; ${transaction}; last statement began${age(target.query_start)} ago`;
};

/** The most sessions that one question is about. */
export const maxTargets = 20;
