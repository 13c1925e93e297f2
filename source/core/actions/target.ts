import type {Waiter} from '../locks/forecast.ts';
import {type Instant, secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import type {Signal} from './signal.ts';

/** A backend as of its selection: its identity, and all facts to see before signaling it. */
export type Target = {
	readonly pid: number;
	readonly backend_start: Instant | null;
	readonly backend_type: string | null;
	readonly query_start: Instant | null;
	readonly xact_start: Instant | null;
	readonly usename: string | null;
	/** True if its role is a superuser; null if unknown. */
	readonly superuser: boolean | null;
	readonly datname: string | null;
	readonly application_name: string | null;
	readonly client_addr: string | null;
	readonly state: string | null;
	readonly wait_event: string | null;
	readonly query: string | null;
	/** Number of sessions that it blocks, directly or not. */
	readonly blocks: number | null;
	/** The blocked sessions. */
	readonly waiters: readonly Waiter[];
	readonly own: boolean;
	/** Mode and starter of its VACUUM, if the server reports them (19 and later) and its progress was read. */
	readonly vacuum?: {readonly mode: string | null; readonly started_by: string | null} | undefined;
};

/** A target with a known identity and type, which can be signaled. */
export type KnownTarget = Target & {readonly backend_start: Instant; readonly backend_type: string};

const allowed = new Set(['client backend', 'parallel worker', 'REPACK decoding worker', 'autovacuum worker', 'walsender']);

/** Reason never to send a signal, as a sentence; undefined if it can be confirmed. */
export const refusalOf = (signal: Signal, target: Target): string | undefined => {
	if (target.own) return `${target.pid} is pgtriage's own connection.`;
	if (target.backend_start === null || target.backend_type === null)
		return `${target.pid} cannot be identified: this role lacks the privileges of pg_monitor.`;
	if (!allowed.has(target.backend_type))
		return `${target.pid} is the ${target.backend_type}, which serves the whole server: a signal does not help.`;
	if (signal === 'cancel' && target.backend_type === 'client backend' && target.state !== 'active')
		return `${target.pid} is ${target.state ?? 'not running a statement'}: no statement to cancel; K terminates the session.`;
	return undefined;
};

/** Reasons to require a typed word, as sentences; empty if `y` is enough. */
export const risksOf = (signal: Signal, target: Target): readonly string[] => {
	const risks: string[] = [];
	const query = target.query ?? '';
	if (target.backend_type === 'walsender')
		risks.push(
			`It feeds the standby or consumer ${target.application_name ?? '?'} at ${target.client_addr ?? 'local socket'}, which must reconnect.`,
		);
	if (target.backend_type === 'autovacuum worker')
		risks.push(
			preventsWraparound(target) ? 'This autovacuum prevents transaction ID wraparound.' : 'Autovacuum restarts it at once.',
		);
	if (target.vacuum?.mode === 'failsafe')
		risks.push('It is a VACUUM in failsafe mode: transaction ID wraparound is near, and it must finish.');
	// When in doubt, require the word.
	if (target.superuser === null) risks.push(`Not known yet if ${target.usename} is a superuser.`);
	if (target.superuser) risks.push(`${target.usename} is a superuser.`);
	if (target.state === 'active' && maintenance.test(query))
		risks.push('It runs maintenance, which starts over and may leave an invalid index.');
	if (/^\s*(?:copy\s|BASE_BACKUP)/i.test(query) || /pg_dump|pg_basebackup/.test(target.application_name ?? ''))
		risks.push('It looks like a dump or a backup, which stays incomplete.');
	if (target.wait_event === 'SyncRep')
		risks.push(
			signal === 'cancel'
				? 'Its transaction is committed here and waits for a standby: a cancel reports success even if the standby does not have it.'
				: 'Its transaction is committed here and waits for a standby: the client does not learn that it committed.',
		);
	return risks;
};

// The text may be hidden or off; the progress may not have been read.
const preventsWraparound = ({vacuum, query}: Target): boolean =>
	vacuum?.started_by === 'autovacuum_wraparound' || /to prevent wraparound/.test(query ?? '');

const maintenance = /^\s*(?:create\s+(?:unique\s+)?index\s+concurrently|reindex|vacuum|cluster|repack|refresh\s+materialized)/i;

/** Short name of a target, for result lines, toasts and the journal. */
export const nameOf = (target: Pick<Target, 'pid' | 'usename' | 'datname'>): string =>
	`${target.pid} (${target.usename ?? '?'}@${target.datname ?? '?'})`;

/** State of the target with its ages, in words. */
export const stateOf = (target: Target, now: Instant): string => {
	const age = (since: Instant | null): string => {
		const seconds = secondsBetween(since, now);
		return seconds === null ? '' : ` ${duration(seconds)}`;
	};
	const transaction = target.xact_start === null ? 'no transaction open' : `transaction open for${age(target.xact_start)}`;
	const statement = target.query_start === null ? '' : `; last statement started${age(target.query_start)} ago`;
	return `${target.state ?? 'state unknown'}${target.wait_event ? `, waits for ${target.wait_event}` : ''}; ${transaction}${statement}`;
};

/** Maximum number of sessions in one question. */
export const maxTargets = 20;
