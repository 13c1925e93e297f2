import {isGroupMember} from '../../core/locks/lock-group.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import type {PoolerConnection} from '../../queries/beside/pgbouncer.ts';
import {databaseNamesOf, factsOf, locksKnown, nodeOf, rowsOf} from '../reading/answers.ts';
import {isTruncated, statementOf} from '../reading/statement.ts';
import {tempBytesOf} from '../reading/temp-files.ts';
import {ageOfXid} from '../reading/xids.ts';
import {type PooledClient, pooledClientOf, poolerConnectionOf} from './pooler.ts';
import {figuresOf, type ProcessFigures} from './process-columns.ts';

/** Session with its database name, its blockers and blocked sessions, and the number of the workers that help it. */
export type SessionRow = Session &
	ProcessFigures &
	PooledClient & {
		readonly datname: string | null;
		/** Pids of its blockers; null if the locks could not be read. */
		readonly blocked_by: (() => readonly number[]) | null;
		readonly blocks: number | null;
		readonly workers: number;
		/** Temporary files of the session and its parallel workers; null if unknown, and for a worker. */
		readonly temp_bytes: number | null;
		/** Transactions since its snapshot; null without one, or if the next transaction id is unknown. */
		readonly backend_xmin_age: number | null;
		readonly query_truncated: boolean | null;
		readonly waits: boolean;
	};

/** True for background processes and parallel workers, which only help others. */
export const isBackground = ({backend_type}: Pick<Session, 'backend_type'>): boolean =>
	backend_type !== null && !['client backend', 'walsender', 'autovacuum worker'].includes(backend_type);

const noPids = (): readonly number[] => [];

/** Sessions of a sample without pgtriage's own. */
export const sessionRows: (sample: Sample) => readonly SessionRow[] = oncePerSample(sample => {
	const names = databaseNamesOf(sample);
	const hasLocks = locksKnown(sample);
	const size = factsOf(sample)?.track_activity_query_size;
	const all = rowsOf(sample, sessions);
	const workers = new Map<number, number>();
	for (const session of all) {
		const leader = isGroupMember(session) ? session.leader_pid : null;
		if (leader !== null) workers.set(leader, (workers.get(leader) ?? 0) + 1);
	}
	const own = new Set(sample.own);
	const known = made;
	made = new Map();
	return all
		.filter(session => !own.has(session.pid))
		.map(session => {
			const node = hasLocks ? nodeOf(sample, session) : undefined;
			return rowOf(session, known.get(session), {
				figures: figuresOf(sample, session),
				connection: poolerConnectionOf(sample, session),
				datname: session.datid === null ? null : (names.get(session.datid) ?? String(session.datid)),
				blockedBy: hasLocks ? (node?.blockedBy ?? noPids) : null,
				isBlocked: node?.blocked === true,
				blocks: hasLocks ? (node?.behind.count ?? 0) : null,
				workers: workers.get(session.pid) ?? 0,
				tempBytes: tempBytesOf(sample, session),
				xminAge: ageOfXid(session.backend_xmin, sample),
				isTruncated: isTruncated(session, size),
			});
		});
});

/** Values of a row that are not in its session. */
type SessionContext = {
	readonly figures: ProcessFigures;
	readonly connection: PoolerConnection | undefined;
	readonly datname: string | null;
	readonly blockedBy: (() => readonly number[]) | null;
	readonly isBlocked: boolean;
	readonly blocks: number | null;
	readonly workers: number;
	readonly tempBytes: number | null;
	readonly xminAge: number | null;
	readonly isTruncated: boolean | null;
};

type Made = {readonly context: SessionContext; readonly row: SessionRow};

// Rows of the sample before. Most sessions are idle: their rows stay the same objects, as their sessions do.
let made = new Map<Session, Made>();

const isSame = (a: SessionContext, b: SessionContext): boolean =>
	a.figures === b.figures &&
	a.connection === b.connection &&
	a.datname === b.datname &&
	a.blockedBy === b.blockedBy &&
	a.blocks === b.blocks &&
	a.workers === b.workers &&
	a.tempBytes === b.tempBytes &&
	a.xminAge === b.xminAge &&
	a.isTruncated === b.isTruncated;

const rowOf = (session: Session, before: Made | undefined, context: SessionContext): SessionRow => {
	if (before && isSame(before.context, context)) {
		made.set(session, before);
		return before.row;
	}
	const {figures, connection, datname, blockedBy, isBlocked, blocks, workers} = context;
	const row = {
		...session,
		...figures,
		...pooledClientOf(connection),
		query: statementOf(session),
		datname,
		blocked_by: blockedBy,
		blocks,
		workers,
		temp_bytes: context.tempBytes,
		backend_xmin_age: context.xminAge,
		query_truncated: context.isTruncated,
		waits: session.wait_event_type === 'Lock' || isBlocked,
	};
	// The blockers of a waiter are of one sample: its row is not reused, and would keep the whole graph in memory.
	if (blockedBy === null || blockedBy === noPids) made.set(session, {context, row});
	return row;
};
