import {answerOf} from '../core/history/past.ts';
import {conflictsAmong} from '../core/locks/conflicts.ts';
import {lockCommands, modeOfName} from '../core/locks/lock-commands.ts';
import {conflictsOf, strengthOf} from '../core/locks/modes.ts';
import {lockTarget, relationOf} from '../core/locks/tag.ts';
import {above, age, count, flag, pids, text} from '../core/pane/column.ts';
import {definePane} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Line, line} from '../core/text/line.ts';
import {plural} from '../core/text/words.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {type HeldLock, heldLocks} from '../queries/activity/held-locks.ts';
import {type Session, sessions} from '../queries/activity/sessions.ts';
import {lockScopes, type ScopeRow} from '../queries/beside/scopes.ts';
import {databaseNamesOf, namedRelation, rowsOf, sessionsByPid} from './reading/answers.ts';
import {hiddenAmong} from './reading/hidden.ts';
import {indented} from './reading/indented.ts';
import {rootBlockerRef} from './reading/root.ts';
import {statementOf} from './reading/statement.ts';
import {signalTarget} from './reading/target.ts';
import {whoColumns} from './sessions/who-columns.ts';
import {subjectOf} from './statements/subject.ts';

/** A lock with the session that holds or awaits it. */
type HeldRow = Pick<HeldLock, 'locktype' | 'mode' | 'granted' | 'fastpath' | 'gid' | 'prepared'> &
	Pick<Session, 'backend_start' | 'usename' | 'application_name' | 'state' | 'query'> & {
		readonly name: string;
		readonly pid: number;
		readonly datname: string | null;
		readonly relation: string | null;
		readonly target: string;
		readonly xact_start: Instant | null;
		readonly waitstart: Instant | null;
		readonly conflictsWith: () => readonly number[];
	};

const scopeOf = (sample: Sample): ScopeRow | undefined => rowsOf(sample, lockScopes).find(({pane}) => pane === 'held');

const noSession = {backend_start: null, usename: null, application_name: null, state: null, query: null, xact_start: null};

const heldRows = (sample: Sample): readonly HeldRow[] => {
	const answer = answerOf(sample, heldLocks);
	if (!answer) return [];
	const own = new Set(sample.own);
	const all = answer.rows.filter(({mode, pid}) => mode !== '' && (pid === null || !own.has(pid)));
	const conflictsWith = conflictsAmong(all);
	const bySession = sessionsByPid(sample);
	const names = databaseNamesOf(sample);
	const pid = scopeOf(sample)?.pid ?? null;
	return all
		.filter(lock => pid === null || lock.pid === pid)
		.map((lock): HeldRow => {
			const found = lock.pid === null ? undefined : bySession.get(lock.pid);
			// A session that began after the locks were read only reuses the pid.
			const session = found?.backend_start != null && found.backend_start > answer.at ? undefined : found;
			const datid = session?.datid ?? lock.gid_database;
			return {
				...noSession,
				...session,
				...lock,
				name: [lock.virtualtransaction, lock.pid, lock.mode, lock.granted, lockTarget({...lock, relation_name: null})].join(' '),
				pid: lock.pid ?? 0,
				usename: session?.usename ?? lock.gid_owner,
				query: session ? statementOf(session) : null,
				state: lock.pid === null ? 'prepared' : (session?.state ?? null),
				xact_start: session?.xact_start ?? lock.prepared,
				datname: datid === null ? null : (names.get(datid) ?? String(datid)),
				relation: namedRelation(relationOf(lock), sample),
				target: lockTarget(lock),
				conflictsWith: () => conflictsWith(lock),
			};
		})
		.sort(byUrgency);
};

/** Waits first, then the oldest transactions, each with its locks together. */
const byUrgency = (a: HeldRow, b: HeldRow): number =>
	Number(a.granted) - Number(b.granted) ||
	compareTexts(a.xact_start ?? '~', b.xact_start ?? '~') ||
	a.pid - b.pid ||
	compareTexts(a.relation ?? '~', b.relation ?? '~') ||
	compareTexts(a.name, b.name);

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const restOf = (sample: Sample): number => rowsOf(sample, heldLocks).reduce((sum, {rest}) => sum + (rest ?? 0), 0);

const headlineOf = (sample: Sample): string => {
	const scope = scopeOf(sample);
	const rest = restOf(sample);
	const more = rest > 0 ? ` ${plural(rest, 'more lock is', 'more locks are')} not listed.` : '';
	switch (scope?.kind) {
		case 'session':
			return `Locks of session ${scope.pid}.${more}`;
		case 'relation':
			return `Locks on ${scope.relation}, its indexes, TOAST, partitions and foreign-key partners.${more}`;
		default:
			return `All locks of the server.${more}`;
	}
};

/** Locks held and awaited, also while nobody waits: of a session, on a table, or all. */
export const heldPane = definePane<HeldRow>({
	id: 'held',
	title: 'Held locks',
	tab: 'Held',
	help: 'Every lock that a session holds, or that is held on a table, its indexes, TOAST, partitions and foreign-key partners.',
	queries: [heldLocks, sessions],
	named: true,
	rows: heldRows,
	rest: restOf,
	headline: sample => ({text: headlineOf(sample), tone: 'dim'}),
	identity: row => row.name,
	target: (row, sample) => (row.backend_start === null ? undefined : signalTarget(row.pid, sample)),
	root: (row, sample) => (row.granted ? undefined : rootBlockerRef(row.pid, sample)),
	subject: (row, sample) => (row.gid === null ? subjectOf(row.pid, sample) : 'A prepared transaction has no statement.'),
	prepared: row =>
		row.gid === null || row.prepared === null || row.datname === null
			? undefined
			: {gid: row.gid, database: row.datname, prepared: row.prepared, owner: row.usename},
	copied: row => row.gid ?? row.query ?? String(row.pid),
	empty: sample => (scopeOf(sample)?.kind === 'relation' ? 'No locks, or no such relation in this database.' : 'No locks.'),
	hidden: sample => hiddenAmong(sample, heldRows(sample)),
	columns: [
		count('pid', 'Process id of the session; 0 is a prepared transaction.', row => row.pid, {
			keep: 99,
			width: {min: 8},
			align: 'left',
			format: (value, row) => (row.gid === null ? String(value) : 'prepared'),
		}),
		text('state', 'State of its session; one idle in transaction releases no locks by itself.', row => row.state, {
			keep: 80,
			width: {min: 12},
			tone: (value, row) => (row.granted && value !== 'active' && row.conflictsWith().length > 0 ? 'danger' : 'calm'),
			format: value => (value === 'idle in transaction' ? 'idle in xact' : String(value)),
		}),
		age(
			'xact_seconds',
			'Age of its transaction, until whose end it keeps the lock.',
			(row, now) => secondsBetween(row.xact_start, now),
			{
				keep: 85,
				tone: above(60, 600),
			},
		),
		text('locktype', 'Type of the locked object.', row => row.locktype, {keep: 45, width: {min: 13}}),
		text('relation', 'Locked relation; database:oid if in another database.', row => row.relation, {
			keep: 75,
			width: {min: 16, max: 32},
		}),
		text('mode', 'Lock mode held or awaited.', row => row.mode, {
			keep: 90,
			width: {min: 15, max: 20},
			format: value => String(value).replace(/Lock$/, ''),
		}),
		flag('granted', 'Held; empty if it is awaited.', row => row.granted, {keep: 70, width: {min: 7}}),
		flag('fastpath', 'Taken without the shared lock table, as weak locks on few relations are.', row => row.fastpath, {
			keep: 20,
			width: {min: 8},
		}),
		pids(
			'conflicts_with',
			'Pids that hold or await a conflicting mode on the same object; 0 is a prepared transaction.',
			row => row.conflictsWith(),
			{
				title: 'CONFLICTS WITH',
				keep: 88,
				width: {min: 14, max: 20},
				tone: (_, row) => (row.conflictsWith().length > 0 ? 'warn' : 'calm'),
			},
		),
		...whoColumns<HeldRow>({datname: 30, usename: 50, application_name: 55}, () => 'calm'),
		text('query', 'Its statement, or its last one, which need not be the one that took the lock.', row => row.query ?? row.gid, {
			keep: 60,
			width: {min: 20, max: 40, grow: true, share: 1 / 3},
			tone: (_, row) => (row.state === 'active' ? 'calm' : 'dim'),
		}),
		age(
			'waiting_seconds',
			'Time it has waited for the lock.',
			(row, now) => (row.granted ? null : secondsBetween(row.waitstart, now)),
			{
				title: 'WAITING',
				width: {min: 7},
			},
		),
		text('target', 'Locked object in words.', row => row.target),
		text('gid', 'Name of the prepared transaction.', row => row.gid),
		text('backend_start', 'Time its session connected.', row => row.backend_start, {width: {min: 32}}),
	],
	inspect: (row, _, width) => [line('Blocks', 'strong'), ...blockedCommands(row, width)],
});

/** Commands that have to wait while this mode is held on a table. */
const blockedCommands = ({locktype, mode}: HeldRow, width: number): readonly Line[] => {
	if (locktype !== 'relation') return indented('Not a lock on a relation.', width);
	const conflicts = conflictsOf(strengthOf(mode));
	const blocked = lockCommands.filter(command => (conflicts & (1 << strengthOf(modeOfName[command.mode]))) !== 0);
	return indented(blocked.map(({name}) => name).join(', '), width);
};
