import {above, age, count, flag, instant, pids, size, text} from '../../core/pane/column.ts';
import {definePane} from '../../core/pane/pane.ts';
import type {Value} from '../../core/sample/sample.ts';
import {tagsOf, tagText} from '../../core/sql/comment-tags.ts';
import type {Tone} from '../../core/text/line.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {locks} from '../../queries/activity/locks.ts';
import {databaseNames, type Session, sessions} from '../../queries/activity/sessions.ts';
import {directories, host, processes} from '../../queries/beside/host.ts';
import {poolerConnections} from '../../queries/beside/pgbouncer.ts';
import {pulse} from '../../queries/server/server.ts';
import {tempFiles, tempFilesets} from '../../queries/storage/temp-files.ts';
import {rowsOf} from '../reading/answers.ts';
import {blocksTone, isCulprit, nameTone, waitTone} from '../reading/blame.ts';
import {hiddenAmong} from '../reading/hidden.ts';
import {rootBlockerRef} from '../reading/root.ts';
import {signalTarget} from '../reading/target.ts';
import {liveTempOf} from '../reading/temp-files.ts';
import {subjectOf} from '../statements/subject.ts';
import {sessionLines} from './inspect.ts';
import {poolerColumns, poolerFailureOf} from './pooler.ts';
import {processColumns} from './process-columns.ts';
import {isBackground, type SessionRow, sessionRows} from './rows.ts';
import {whoColumns} from './who-columns.ts';

const isIdle = ({state}: Session): boolean => state === 'idle' || state === 'disabled';

const stateTone = (value: Value, row: SessionRow): Tone => {
	if (isCulprit(row)) return 'danger';
	return typeof value === 'string' && value.startsWith('idle in transaction') ? 'warn' : 'calm';
};

const toneOfWait = (_: Value, row: SessionRow): Tone => waitTone(row);

/** A tone no louder than a warning for sessions that wait: the time they take is not their fault. */
const blameless =
	(tone: (value: Value, row: SessionRow) => Tone) =>
	(value: Value, row: SessionRow): Tone => {
		const own = tone(value, row);
		return own === 'danger' && row.waits ? 'warn' : own;
	};

// Only the statement of an active client backend can run too long: walsenders and idle sessions do not count.
const runningTone = (warn: number, danger: number) => {
	const tone = above(warn, danger);
	return (value: Value, row: SessionRow): Tone =>
		row.backend_type === 'client backend' && row.state === 'active' ? tone(value) : 'calm';
};

const transactionTone = (value: Value, row: SessionRow): Tone =>
	row.backend_type === 'client backend' ? above(60, 600)(value) : 'calm';

const shortStates: Readonly<Record<string, string>> = {
	'idle in transaction': 'idle in xact',
	'idle in transaction (aborted)': 'idle aborted',
	'fastpath function call': 'fastpath',
};

// As the default levels of the rule temp-files.
const tempWarn = 1_073_741_824;
const tempDanger = 10_737_418_240;

// In the first statement of a transaction, the transaction, the statement and the state are equally old.
const merge = 'age';

/** Sessions and what each one is doing. */
export const sessionsPane = definePane<SessionRow>({
	id: 'sessions',
	keys: ['1', 'f1'],
	title: 'Sessions',
	tab: 'Sess',
	help: 'Connected sessions and what each one is doing.',
	queries: [sessions, locks, databaseNames, processes, host, poolerConnections, tempFiles, directories, tempFilesets, pulse],
	rows: sessionRows,
	identity: row => `${row.pid}@${row.backend_start}`,
	target: (row, sample) => signalTarget(row.pid, sample),
	root: (row, sample) => rootBlockerRef(row.pid, sample),
	subject: (row, sample) => subjectOf(row.pid, sample),
	blamed: isCulprit,
	copied: row => row.query ?? String(row.pid),
	shown: (row, options) => {
		if (options.waiting) return row.waits;
		if (!options.background && isBackground(row)) return false;
		return options.idle || (row.blocks ?? 0) > 0 || !isIdle(row);
	},
	empty: 'No session runs a statement or holds a transaction open; i shows idle sessions.',
	hidden: sample => hiddenAmong(sample, rowsOf(sample, sessions)),
	notice: poolerFailureOf,
	sort: {column: 'query_seconds', descending: true},
	durations: {query: 'query_seconds', transaction: 'xact_seconds', state: 'state_seconds'},
	columns: [
		count('pid', 'Process id of the backend; ! marks one that blocks others and waits for none.', row => row.pid, {
			keep: 99,
			width: {min: 7},
			tone: (_, row) => nameTone(row),
		}),
		...whoColumns<SessionRow>({datname: 60, usename: 66, application_name: 71}, nameTone),
		text('client_addr', 'Client address; empty on a unix socket.', row => row.client_addr, {
			title: 'CLIENT',
			aliases: ['client'],
			keep: 70,
			width: {min: 11, max: 15},
		}),
		...poolerColumns,
		text('state', 'State of the backend, as the server reports it.', row => row.state, {
			keep: 80,
			width: {min: 12},
			tone: stateTone,
			format: value => shortStates[String(value)] ?? String(value),
		}),
		text('wait_event_type', 'Wait event type; empty while on CPU.', row => row.wait_event_type, {
			title: 'WAIT',
			aliases: ['wait'],
			keep: 40,
			width: {min: 8, max: 9},
			tone: toneOfWait,
		}),
		text('wait_event', 'Wait event.', row => row.wait_event, {
			title: 'EVENT',
			keep: 75,
			width: {min: 12, max: 16},
			tone: toneOfWait,
		}),
		pids(
			'blocked_by',
			'Pids that block it, as in pg_blocking_pids: holders, then waiters ahead; 0 is a prepared transaction.',
			row => row.blocked_by?.() ?? null,
			{
				title: 'BLOCKERS',
				keep: 72,
				width: {min: 8, max: 12},
				tone: toneOfWait,
			},
		),
		count('blocks', 'Sessions blocked by it, directly or indirectly.', row => row.blocks, {
			keep: 69,
			width: {min: 6},
			tone: (_, row) => blocksTone(row),
		}),
		age(
			'query_seconds',
			'Time since its statement began; for an idle session, its last one.',
			(row, now) => secondsBetween(row.query_start, now),
			{
				title: 'TIME',
				aliases: ['age', 'duration'],
				keep: 85,
				merge,
				tone: blameless(runningTone(60, 600)),
			},
		),
		age('xact_seconds', 'Time its transaction has been open.', (row, now) => secondsBetween(row.xact_start, now), {
			aliases: ['xact', 'transaction'],
			keep: 68,
			merge,
			tone: blameless(transactionTone),
		}),
		age('state_seconds', 'Time in this state.', (row, now) => secondsBetween(row.state_change, now), {
			title: 'STATE S',
			keep: 45,
			merge,
			width: {min: 7},
		}),
		size(
			'temp_bytes',
			'Temporary files it has on disk now, with those of its parallel workers. Files of parallel hash joins are only known on the server’s own host.',
			row => row.temp_bytes,
			{
				title: 'TEMP',
				aliases: ['temp'],
				keep: 67,
				width: {min: 6},
				tone: above(tempWarn, tempDanger),
				present: sample => liveTempOf(sample) !== undefined,
			},
		),
		...processColumns,
		text('query', 'Its statement; for an idle session, the last one.', row => row.query, {
			keep: 98,
			width: {min: 28, grow: true, share: 1 / 3},
			tone: (_, row) => (isIdle(row) ? 'dim' : 'calm'),
		}),
		text(
			'tags',
			'Tags in the comment of its statement; tag.NAME in a filter is one of them.',
			row => tagText(tagsOf(row.query)),
			{
				aliases: ['tag'],
				width: {min: 20, max: 40},
				parts: row => tagsOf(row.query),
			},
		),
		text('backend_type', 'Backend type.', row => row.backend_type, {
			title: 'TYPE',
			aliases: ['type'],
			width: {min: 14, max: 17},
		}),
		count('workers', 'Parallel workers of its statement.', row => row.workers, {tone: () => 'dim'}),
		count(
			'backend_xmin_age',
			'Age of the oldest snapshot it holds, in transactions; it holds xmin back.',
			row => row.backend_xmin_age,
			{
				title: 'XMIN AGE',
				aliases: ['xmin'],
				width: {min: 9},
			},
		),
		count('leader_pid', 'Leader of its parallel group.', row => row.leader_pid, {title: 'LEADER', width: {min: 7}}),
		text('query_id', 'Identifier of its statement in pg_stat_statements.', row => row.query_id, {width: {min: 20}}),
		flag('query_truncated', 'Only the beginning of its statement is known.', row => row.query_truncated, {title: 'CUT'}),
		instant('backend_start', 'Time it connected.', row => row.backend_start),
		instant('xact_start', 'Time its transaction began.', row => row.xact_start),
		instant('query_start', 'Time its statement began.', row => row.query_start),
		instant('state_change', 'Time its state last changed.', row => row.state_change),
	],
	inspect: sessionLines,
});
