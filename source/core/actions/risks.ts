import type {Signal} from './signal.ts';
import type {Target} from './target.ts';

/** Reasons to require a typed word, as sentences; empty if `y` is enough. */
export const risksOf = (target: Target): readonly string[] => {
	const {backend_type, application_name, client_addr, query, vacuum} = target;
	return [
		...(backend_type === 'walsender'
			? [`It feeds the standby or consumer ${application_name ?? '?'} at ${client_addr ?? 'local socket'}, which must reconnect.`]
			: []),
		...(preventsWraparound(target) ? ['This autovacuum prevents transaction ID wraparound.'] : []),
		...(vacuum?.mode === 'failsafe'
			? ['It is a VACUUM in failsafe mode: transaction ID wraparound is near, and it must finish.']
			: []),
		...(dump.test(query ?? '') || /pg_dump|pg_basebackup/.test(application_name ?? '')
			? ['It looks like a dump or a backup, which stays incomplete.']
			: []),
	];
};

/** Consequences to know that need no typed word, as sentences. */
export const cautionsOf = (signal: Signal, target: Target): readonly string[] => {
	const {backend_type, state, query, wait_event} = target;
	return [
		...(backend_type === 'autovacuum worker' && !preventsWraparound(target) ? ['Autovacuum restarts it at once.'] : []),
		...(state === 'active' && maintenance.test(query ?? '')
			? ['It runs maintenance, which starts over and may leave an invalid index.']
			: []),
		...(wait_event === 'SyncRep' ? [unreplicated[signal]] : []),
	];
};

const unreplicated: Readonly<Record<Signal, string>> = {
	cancel:
		'Its transaction is committed here and waits for a standby: a cancel reports success even if the standby does not have it.',
	terminate: 'Its transaction is committed here and waits for a standby: the client does not learn that it committed.',
};

// The text may be hidden or off; the progress may not have been read.
const preventsWraparound = ({backend_type, vacuum, query}: Target): boolean =>
	backend_type === 'autovacuum worker' &&
	(vacuum?.started_by === 'autovacuum_wraparound' || /to prevent wraparound/.test(query ?? ''));

const dump = /^\s*(?:copy\s|BASE_BACKUP)/i;
const maintenance = /^\s*(?:create\s+(?:unique\s+)?index\s+concurrently|reindex|vacuum|cluster|repack|refresh\s+materialized)/i;
