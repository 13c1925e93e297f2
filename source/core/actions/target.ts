import type {Waiter} from '../locks/forecast.ts';
import type {Instant} from '../values/instant.ts';
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
	/** The blocked sessions, found when asked for: a filter selects hundreds of targets of which each one blocks hundreds. */
	readonly waiters: () => readonly Waiter[];
	readonly own: boolean;
	/** Mode and starter of its VACUUM, if the server reports them (19 and later) and its progress was read. */
	readonly vacuum?: {readonly mode: string | null; readonly started_by: string | null} | undefined;
};

/** A session with what tells whose it is. */
export type ConnectedSession = Pick<Target, 'pid' | 'backend_start' | 'usename' | 'application_name' | 'client_addr' | 'datname'>;

/** A target with a known identity and type, which can be signaled. */
export type KnownTarget = Target & {readonly backend_start: Instant; readonly backend_type: string};

const allowed = new Set(['client backend', 'parallel worker', 'REPACK decoding worker', 'autovacuum worker', 'walsender']);

/** Reason never to send a signal: in a few words for a list, and as a sentence that names the target. */
type Refused = {readonly reason: string; readonly sentence: string};

const refused = (signal: Signal, {pid, own, backend_start, backend_type, state}: Target): Refused | undefined => {
	if (own) return {reason: "pgtriage's own", sentence: `${pid} is pgtriage's own connection.`};
	if (backend_start === null || backend_type === null)
		return {
			reason: 'not identified (needs pg_monitor)',
			sentence: `${pid} cannot be identified: this role lacks the privileges of pg_monitor.`,
		};
	if (!allowed.has(backend_type))
		return {
			reason: `${backend_type}, serves the whole server`,
			sentence: `${pid} is the ${backend_type}, which serves the whole server: a signal does not help.`,
		};
	if (signal === 'cancel' && backend_type === 'client backend' && state !== 'active')
		return {
			reason: `${state ?? 'state unknown'}, no statement to cancel`,
			sentence: `${pid} is ${state ?? 'not running a statement'}: no statement to cancel; K terminates the session.`,
		};
	return undefined;
};

/** Reason never to send a signal, as a sentence; undefined if it can be confirmed. */
export const refusalOf = (signal: Signal, target: Target): string | undefined => refused(signal, target)?.sentence;

/** Reason to leave a target out of a signal to several, in a few words: such a session is signaled only by a question of its own. */
export const leftOutOf = (signal: Signal, target: Target): string | undefined => {
	if (target.backend_type === 'walsender') return 'wal sender';
	if (target.backend_type === 'autovacuum worker') return 'autovacuum';
	if (target.superuser) return 'superuser';
	// When in doubt, leave it out.
	return refused(signal, target)?.reason ?? (target.superuser === null ? 'not known yet if superuser' : undefined);
};

/** Short name of a target, for result lines, toasts and the journal. */
export const nameOf = (target: Pick<Target, 'pid' | 'usename' | 'datname'>): string =>
	`${target.pid} (${target.usename ?? '?'}@${target.datname ?? '?'})`;
