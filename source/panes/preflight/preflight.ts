import type {Past} from '../../core/history/past.ts';
import type {Obstacle} from '../../core/locks/preflight.ts';
import {above, age, count, flag, text} from '../../core/pane/column.ts';
import {definePane, type Headline} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line} from '../../core/text/line.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {relationLocks} from '../../queries/activity/relation-locks.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {statements, statementTexts} from '../../queries/activity/statements.ts';
import {databaseNamesOf, sessionsByPid} from '../reading/answers.ts';
import {hiddenAmong} from '../reading/hidden.ts';
import {indented} from '../reading/indented.ts';
import {rootBlockerRef} from '../reading/root.ts';
import {statementOf} from '../reading/statement.ts';
import {signalTarget} from '../reading/target.ts';
import {whoColumns} from '../sessions/who-columns.ts';
import {subjectOf} from '../statements/subject.ts';
import {queuedPerSecond} from './queued.ts';
import {type PreflightVerdict, sentenceOf, verdictOf} from './verdict.ts';

/** A session or prepared transaction in the way. */
export type PreflightRow = Pick<Session, 'backend_start' | 'usename' | 'application_name' | 'state' | 'query' | 'xact_start'> & {
	readonly pid: number;
	readonly how: Obstacle['how'];
	readonly mode: string | null;
	readonly relation: string | null;
	readonly datname: string | null;
	readonly gid: string | null;
	readonly prepared: Instant | null;
	readonly yields: boolean | null;
};

const preflightRows = (sample: Sample): readonly PreflightRow[] => {
	const verdict = verdictOf(sample);
	return verdict?.kind === 'known' ? verdict.obstacles.map(obstacle => rowOf(obstacle, sample)) : [];
};

const rowOf = ({pid, how, lock, yields}: Obstacle, sample: Sample): PreflightRow => {
	const session = pid === 0 ? undefined : sessionsByPid(sample).get(pid);
	const datid = session?.datid ?? lock?.gid_database ?? null;
	return {
		pid,
		how,
		mode: lock?.mode ?? null,
		relation: lock?.name ?? null,
		state: pid === 0 ? 'prepared' : (session?.state ?? null),
		usename: session?.usename ?? lock?.gid_owner ?? null,
		application_name: session?.application_name ?? null,
		datname: datid === null ? null : (databaseNamesOf(sample).get(datid) ?? String(datid)),
		xact_start: session?.xact_start ?? lock?.prepared ?? null,
		backend_start: session?.backend_start ?? null,
		query: session ? statementOf(session) : null,
		gid: lock?.gid ?? null,
		prepared: lock?.prepared ?? null,
		yields,
	};
};

const toneOf = (verdict: PreflightVerdict): Headline['tone'] => {
	if (verdict.kind !== 'known') return 'danger';
	return verdict.obstacles.length === 0 ? 'good' : 'warn';
};

/** Statements a second that would queue behind the lock of a verdict; null if unknown. */
export const perSecondOf = (verdict: PreflightVerdict, sample: Sample, past: Past): number | null =>
	verdict.kind === 'known' ? queuedPerSecond(verdict.command, sample, past) : null;

const headlineOf = (sample: Sample, past: Past): Headline | undefined => {
	const verdict = verdictOf(sample);
	return verdict && {text: sentenceOf(verdict, perSecondOf(verdict, sample, past)), tone: toneOf(verdict)};
};

const emptySentence = (sample: Sample): string =>
	verdictOf(sample)?.kind === 'known'
		? 'Nobody is in the way.'
		: 'Enter :preflight TABLE [MODE], for example :preflight orders alter table';

/** Answer to whether a lock would be granted now: who is in the way, and what would queue behind it. */
export const preflightPane = definePane<PreflightRow>({
	id: 'preflight',
	title: 'Preflight',
	help: 'Would a lock be granted now? Who holds or awaits a conflicting one, and what would queue behind it.',
	queries: [relationLocks, sessions, statements, statementTexts],
	named: true,
	rates: true,
	rows: preflightRows,
	headline: headlineOf,
	identity: row => (row.gid === null ? `${row.pid}@${row.backend_start}` : `prepared ${row.gid}`),
	target: (row, sample) => (row.backend_start === null ? undefined : signalTarget(row.pid, sample)),
	root: (row, sample) => (row.how === 'awaits' ? rootBlockerRef(row.pid, sample) : undefined),
	subject: (row, sample) => (row.gid === null ? subjectOf(row.pid, sample) : 'A prepared transaction has no statement.'),
	prepared: row =>
		row.gid === null || row.prepared === null || row.datname === null
			? undefined
			: {gid: row.gid, database: row.datname, prepared: row.prepared, owner: row.usename},
	copied: row => row.gid ?? row.query ?? String(row.pid),
	// Without pg_stat_statements only the number of statements behind the lock is unknown.
	notice: () => undefined,
	empty: emptySentence,
	hidden: sample => hiddenAmong(sample, preflightRows(sample)),
	columns: [
		count('pid', 'Process id of the session in the way; 0 is a prepared transaction.', row => row.pid, {
			keep: 99,
			width: {min: 8},
			align: 'left',
			format: (value, row) => (row.gid === null ? String(value) : 'prepared'),
			tone: (_, row) => (row.how === 'holds' ? 'danger' : 'calm'),
		}),
		text(
			'how',
			'holds: has a conflicting lock; awaits: waits for one ahead; snapshot: a concurrent command waits for its transaction.',
			row => row.how,
			{
				keep: 90,
				width: {min: 8},
			},
		),
		text('mode', 'Conflicting lock mode; empty for a snapshot.', row => row.mode, {
			keep: 88,
			width: {min: 15, max: 20},
			format: value => String(value).replace(/Lock$/, ''),
		}),
		text('relation', 'Relation with that lock: the table, or a relative that the command locks too.', row => row.relation, {
			keep: 70,
			width: {min: 14, max: 28},
		}),
		text('state', 'State of its session; one idle in transaction releases no locks by itself.', row => row.state, {
			keep: 85,
			width: {min: 12},
			tone: (value, row) => (row.how === 'holds' && value !== 'active' ? 'danger' : 'calm'),
			format: value => (value === 'idle in transaction' ? 'idle in xact' : String(value)),
		}),
		age('xact_seconds', 'Age of its transaction.', (row, now) => secondsBetween(row.xact_start, now), {
			keep: 86,
			tone: above(60, 600),
		}),
		flag(
			'yields',
			'Autovacuum that the server cancels for the lock after deadlock_timeout; empty if it prevents a wraparound.',
			row => row.yields,
			{
				keep: 40,
				width: {min: 6},
			},
		),
		...whoColumns<PreflightRow>({datname: 20, usename: 50, application_name: 60}, () => 'calm'),
		text('query', 'Its statement, or its last one, which need not be the one that took the lock.', row => row.query ?? row.gid, {
			keep: 95,
			width: {min: 20, max: 50, grow: true, share: 1 / 3},
			tone: (_, row) => (row.state === 'active' ? 'calm' : 'dim'),
		}),
		text('gid', 'Name of the prepared transaction.', row => row.gid),
		text('backend_start', 'Time its session connected.', row => row.backend_start, {width: {min: 32}}),
	],
	inspect: (row, sample, width, past) => [...reasonLines(row, width), [], ...verdictLines(sample, past, width)],
});

const reasons: Readonly<Record<Obstacle['how'], string>> = {
	holds: 'It holds a lock that conflicts, until its transaction ends.',
	awaits: 'It waits ahead for a lock that conflicts: a lock never overtakes such a waiter.',
	snapshot: 'A concurrent command waits for every transaction with an older snapshot, whatever tables it uses.',
};

const yielding = 'Autovacuum is canceled by the server for a waiting lock after deadlock_timeout.';
const stubborn = 'This autovacuum prevents a wraparound and does not yield: let it finish.';

const reasonLines = ({how, yields, query}: PreflightRow, width: number): readonly Line[] => [
	line('In the way', 'strong'),
	...indented(reasons[how], width),
	...(yields === true ? indented(yielding, width) : []),
	...(yields === false && query?.includes('(to prevent wraparound)') ? indented(stubborn, width, 'warn') : []),
];

const verdictLines = (sample: Sample, past: Past, width: number): readonly Line[] => {
	const verdict = verdictOf(sample);
	if (verdict?.kind !== 'known') return [];
	const {command} = verdict;
	const others = Object.entries(command.relatives ?? {}).map(([part, mode]) => `${part} ${mode}`);
	return [
		line('Lock', 'strong'),
		...indented(sentenceOf(verdict, perSecondOf(verdict, sample, past)), width),
		...indented(`${command.name}: ${command.mode}${others.length > 0 ? `; ${others.join(', ')}` : ''}`, width),
		...indented(`Documented under: ${command.source}`, width, 'dim'),
	];
};
