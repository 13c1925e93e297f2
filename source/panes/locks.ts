import type {Past} from '../core/history/past.ts';
import {type LockForestRow, lockForest} from '../core/locks/forest.ts';
import {age, count, flag, pids, text} from '../core/pane/column.ts';
import {definePane} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Line, line, span} from '../core/text/line.ts';
import {branchesOf} from '../core/text/tree.ts';
import {duration} from '../core/values/units.ts';
import {locks} from '../queries/activity/locks.ts';
import {type Session, sessions} from '../queries/activity/sessions.ts';
import {databaseNamesOf, graphOf, namedRelation, nodeOf, sessionsByPid} from './reading/answers.ts';
import {blocksTone, isCulprit, nameTone, type Part} from './reading/blame.ts';
import {hiddenAmong} from './reading/hidden.ts';
import {rootBlockerRef} from './reading/root.ts';
import {statementOf} from './reading/statement.ts';
import {signalTarget} from './reading/target.ts';
import {sessionsPane} from './sessions/sessions.ts';
import {whoColumns} from './sessions/who-columns.ts';
import {subjectOf} from './statements/subject.ts';

/** Waiter or root with its session's activity, which is null for a prepared transaction. */
type LockPaneRow = LockForestRow &
	Pick<Session, 'backend_start' | 'usename' | 'application_name' | 'state' | 'query' | 'xact_start'> & {
		readonly datname: string | null;
		/** Branches of the tree that lead to it. */
		readonly branch: string;
		/** True if `query` is the last statement of an idle session, which need not be the one that took the lock. */
		readonly last: boolean;
	};

const noSession = {backend_start: null, usename: null, application_name: null, state: null, query: null, xact_start: null};

const lockRows = (sample: Sample): readonly LockPaneRow[] => {
	const byPid = sessionsByPid(sample);
	const names = databaseNamesOf(sample);
	const own = new Set(sample.own);
	const forest = lockForest(graphOf(sample), sample.at).filter(row => !own.has(row.pid));
	const branches = branchesOf(forest.map(({depth}) => depth));
	return forest.map((row, index) => {
		const candidate = row.gid === null ? byPid.get(row.pid) : undefined;
		const session = candidate && nodeOf(sample, candidate) ? candidate : undefined;
		const datid = session?.datid ?? row.gid_database;
		return {
			...row,
			...noSession,
			...session,
			pid: row.pid,
			usename: session?.usename ?? row.gid_owner,
			query: session ? statementOf(session) : null,
			state: row.gid === null ? (session?.state ?? null) : 'prepared',
			xact_start: row.gid === null ? (session?.xact_start ?? null) : row.prepared,
			relation: namedRelation(row.relation, sample),
			datname: datid === null ? null : (names.get(datid) ?? String(datid)),
			branch: branches[index] ?? '',
			last: session !== undefined && session.state !== 'active',
		};
	});
};

const treeOf = (row: LockPaneRow): string => {
	const mark = row.cycle ? '↻' : row.soft ? '┆' : '';
	return `${row.branch}${mark}${row.gid === null ? row.pid : 'prepared'}`;
};

// A deadlock has no root: each of its sessions is to blame.
const partOf = ({depth, cycle, blocks_total}: LockPaneRow): Part => ({waits: depth > 0 && !cycle, blocks: blocks_total});

/** Blocking forest: root blockers first, the worst first. */
export const locksPane = definePane<LockPaneRow>({
	id: 'locks',
	keys: ['2', 'f3'],
	title: 'Locks',
	help: 'Blocking trees: root blockers first, the worst first, with their waiters below.',
	queries: [locks, sessions],
	rows: lockRows,
	identity: row => (row.gid === null ? `${row.pid}@${row.backend_start}` : `prepared ${row.gid}`),
	target: (row, sample) => {
		const target = row.gid === null ? signalTarget(row.pid, sample) : undefined;
		// A session that began after the locks were read only reuses the pid.
		return row.backend_start === null && target?.backend_start !== null ? undefined : target;
	},
	root: (row, sample) => {
		const root = rootBlockerRef(row.pid, sample);
		return row.gid === null && typeof root === 'object' ? {...root, pane: 'locks'} : undefined;
	},
	subject: (row, sample) => (row.gid === null ? subjectOf(row.pid, sample) : 'A prepared transaction has no statement.'),
	prepared: row =>
		row.gid === null || row.prepared === null || row.datname === null
			? undefined
			: {gid: row.gid, database: row.datname, prepared: row.prepared, owner: row.gid_owner},
	blamed: row => isCulprit(partOf(row)),
	copied: row => row.gid ?? row.query ?? String(row.pid),
	empty: 'No session waits for a lock.',
	hidden: sample => hiddenAmong(sample, lockRows(sample)),
	columns: [
		count(
			'pid',
			'Process id below the one it waits for: ┆ only queues behind other waiters, ↻ is a deadlock; 0 is a prepared transaction.',
			row => row.pid,
			{
				keep: 99,
				width: {min: 9, max: 15, fits: true},
				align: 'left',
				format: (_, row) => treeOf(row),
				tone: (_, row) => nameTone(partOf(row)),
			},
		),
		count('blocks_total', 'Sessions blocked by it, directly or indirectly.', row => row.blocks_total, {
			title: 'BLOCKS',
			aliases: ['blocks'],
			// On the narrowest screens the number of blocked sessions says more than the beginning of a statement.
			keep: 96,
			tone: (_, row) => blocksTone(partOf(row)),
		}),
		age('waiters_wait_seconds', 'Total wait of all sessions it blocks.', row => row.waiters_wait_seconds, {
			title: 'TOTAL WAIT',
			keep: 40,
			width: {min: 10},
			format: value => (value === 0 ? '' : duration(Number(value))),
		}),
		age('waiting_seconds', 'Time it has waited.', row => row.waiting_seconds, {
			aliases: ['age'],
			title: 'WAITING',
			keep: 85,
			width: {min: 7},
			tone: value => (Number(value) < 10 ? 'calm' : 'warn'),
		}),
		text('state', 'State of its session; one idle in transaction releases no locks by itself.', row => row.state, {
			keep: 80,
			width: {min: 12},
			tone: (_, row) => nameTone(partOf(row)),
			format: value => (value === 'idle in transaction' ? 'idle in xact' : String(value)),
		}),
		text('mode', 'Lock mode it waits for; for a root, the mode it holds.', row => row.mode, {
			keep: 70,
			width: {min: 13, max: 20},
			format: value => String(value).replace(/Lock$/, ''),
		}),
		text('relation', 'Locked relation; database:oid if in another database.', row => row.relation, {
			keep: 75,
			width: {min: 14, max: 28},
		}),
		...whoColumns<LockPaneRow>({datname: 30, usename: 50, application_name: 65}, row => nameTone(partOf(row))),
		text(
			'query',
			'Its statement, or its last one if it runs none, which need not be the one that took the lock.',
			row => row.query ?? row.gid,
			{
				keep: 95,
				width: {min: 28, grow: true, share: 1 / 3},
				tone: (_, row) => (row.last ? 'dim' : 'calm'),
			},
		),
		text('locktype', 'Type of the locked object.', row => row.locktype, {width: {min: 13}}),
		pids(
			'blocked_by',
			'Pids that block it, as in pg_blocking_pids: holders, then waiters ahead; 0 is a prepared transaction.',
			row => row.blocked_by(),
			{
				title: 'BLOCKED BY',
				width: {min: 10, max: 16},
			},
		),
		pids(
			'queued_behind',
			'Pids in blocked_by that hold no lock against it and only wait ahead in the queue.',
			row => row.queued_behind(),
			{
				title: 'BEHIND',
				width: {min: 10, max: 16},
			},
		),
		count('blocks_direct', 'Sessions blocked by it directly.', row => row.blocks_direct, {title: 'DIRECT'}),
		count('depth', 'Distance from the root; 0 is a root.', row => row.depth),
		count('root_pid', 'Pid of the root blocker.', row => row.root_pid, {title: 'ROOT', width: {min: 7}}),
		flag('soft', 'Blocked only by waiters ahead in the queue.', row => row.soft),
		flag('cycle', 'Part of a deadlock.', row => row.cycle, {width: {min: 5}}),
		text('gid', 'Name of the prepared transaction.', row => row.gid),
		text('backend_start', 'Time its session connected.', row => row.backend_start, {width: {min: 32}}),
	],
	inspect: (row, sample, width, past) => [...lockLines(row), [], ...sessionLines(row, sample, width, past)],
});

const lockLines = (row: LockPaneRow): readonly Line[] => [
	line('Lock', 'strong'),
	[
		span(row.depth === 0 ? '  Holds ' : '  Wants '),
		span(row.mode ?? '?', 'strong'),
		span(` on ${row.target ?? row.locktype ?? '?'}`),
	],
	...(row.soft ? [line('  No conflict with a holder: it queues behind another waiter.', 'warn')] : []),
	...(row.cycle ? [line('  Deadlock: the server cancels one of them after deadlock_timeout.', 'danger')] : []),
	...(row.gid === null
		? []
		: [
				line(
					`  Prepared transaction: end it with ROLLBACK PREPARED or COMMIT PREPARED in ${row.datname ?? 'its database'}.`,
					'warn',
				),
			]),
];

const sessionLines = (row: LockPaneRow, sample: Sample, width: number, past: Past): readonly Line[] => {
	const session = sessionsPane.rows(sample, past).find(candidate => row.gid === null && candidate.pid === row.pid);
	return session ? sessionsPane.inspect(session, sample, width, past) : [];
};
