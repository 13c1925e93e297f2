import {amount, type Column, count, instant, pace, ratio, size, text} from '../../core/pane/column.ts';
import type {Tone} from '../../core/text/line.ts';
import {sectionColumn} from '../reading/sections.ts';
import type {DatabaseRow} from './rows.ts';

/** Growth of a database or of the used space of a disk. */
export const growthColumn = pace<{readonly growth_bytes_per_second: number | null}>(
	'growth_bytes_per_second',
	'Growth over the last minutes, negative if it shrank; known after 10 minutes (database) or 5 (disk).',
	row => row.growth_bytes_per_second,
	{title: 'GROWTH', keep: 76},
);

const written = (value: unknown): string => {
	const number = Number(value);
	return number === 0 ? '0' : number < 9.95 ? number.toFixed(1) : String(Math.round(number));
};

/** Column of events per second, with one decimal while they are few. */
const rate: typeof amount = (id, help, value, options) =>
	amount(id, help, value, {
		width: {min: 8},
		format: (shown, row) => (Number(shown) < 999.5 ? written(shown) : amount(id, help, value).format(shown, row)),
		...options,
	});

// As in the header: above autovacuum's limit a warning, at the default failsafe age danger.
const oldAge = 500_000_000;
const failsafeAge = 1_600_000_000;

const ageTone = (age: number | null, allowed: number, failsafe: number): Tone =>
	age === null || age < Math.max(oldAge, allowed) ? 'calm' : age < failsafe ? 'warn' : 'danger';

/** Tone of the age of its oldest transaction id. */
export const xidTone = (row: DatabaseRow): Tone => ageTone(row.xid_age, row.freeze_max_age, row.failsafe_age ?? failsafeAge);

const mxidTone = (row: DatabaseRow): Tone => ageTone(row.mxid_age, row.multixact_freeze_max_age, failsafeAge);

/** True if an interrupted DROP DATABASE left it behind (since 13.12, 14.9 and 15.4): it accepts no connections. */
export const isInvalid = ({datconnlimit}: DatabaseRow): boolean => datconnlimit === -2;

/** Tone of its distance from its connection limit. */
export const backendTone = ({numbackends, connection_limit: limit}: DatabaseRow): Tone => {
	if (limit === null || limit === 0 || numbackends === null) return 'calm';
	return numbackends >= limit ? 'danger' : numbackends >= limit * 0.9 ? 'warn' : 'calm';
};

/** Columns of databases. */
export const databaseColumns: readonly Column<DatabaseRow>[] = [
	text('datname', 'Name of the database.', row => row.datname, {
		title: 'DATABASE',
		aliases: ['database', 'db'],
		keep: 99,
		width: {min: 12, max: 30},
		tone: (_, row) => (isInvalid(row) ? 'danger' : 'calm'),
	}),
	sectionColumn,
	size('size_bytes', 'Size on disk, read once a minute.', row => row.size_bytes, {aliases: ['size'], keep: 95}),
	growthColumn,
	count('numbackends', 'Sessions connected to it.', row => row.numbackends, {
		title: 'CONNS',
		aliases: ['connections'],
		keep: 92,
		tone: (_, row) => backendTone(row),
	}),
	rate('xact_commit_per_second', 'Commits per second.', row => row.xact_commit_per_second, {
		title: 'COMMIT/S',
		aliases: ['commits', 'tps'],
		keep: 90,
	}),
	rate('xact_rollback_per_second', 'Rollbacks per second.', row => row.xact_rollback_per_second, {
		title: 'ROLLB/S',
		aliases: ['rollbacks'],
		keep: 84,
		width: {min: 7},
	}),
	ratio('hit_ratio', 'Share of block requests found in shared buffers; unknown for few requests.', row => row.hit_ratio, {
		title: 'HIT',
		keep: 88,
	}),
	pace('temp_bytes_per_second', 'Temporary files written per second.', row => row.temp_bytes_per_second, {
		title: 'TEMP',
		keep: 80,
	}),
	count('deadlocks', 'Deadlocks since the statistics reset.', row => row.deadlocks, {
		title: 'DEADLK',
		keep: 86,
		tone: (_, row) => ((row.deadlocks_per_second ?? 0) > 0 ? 'danger' : 'calm'),
	}),
	amount('xid_age', 'Age of the oldest unfrozen transaction id, in transactions.', row => row.xid_age, {
		title: 'XID AGE',
		keep: 82,
		width: {min: 7},
		tone: (_, row) => xidTone(row),
	}),
	rate(
		'average_active_sessions',
		'Average number of sessions running statements, counted when statements end.',
		row => row.average_active_sessions,
		{
			title: 'ACTIVE',
			aliases: ['active'],
			keep: 74,
			width: {min: 6},
		},
	),
	rate('blks_read_per_second', 'Blocks per second read from outside shared buffers.', row => row.blks_read_per_second, {
		title: 'READ/S',
		keep: 60,
		width: {min: 7},
	}),
	rate('tup_returned_per_second', 'Rows read per second by table and index scans.', row => row.tup_returned_per_second, {
		title: 'ROWS/S',
		keep: 58,
		width: {min: 7},
	}),
	rate('tup_written_per_second', 'Rows inserted, updated and deleted per second.', row => row.tup_written_per_second, {
		title: 'WRITTEN/S',
		keep: 62,
		width: {min: 9},
	}),
	rate('sessions_per_second', 'New sessions per second.', row => row.sessions_per_second, {
		title: 'LOGIN/S',
		keep: 56,
		width: {min: 7},
	}),
	count('conflicts', 'Statements canceled by recovery conflicts on a standby, since the reset.', row => row.conflicts, {
		keep: 50,
		width: {min: 9},
	}),
	count('checksum_failures', 'Checksum failures since the reset; unknown without checksums.', row => row.checksum_failures, {
		title: 'CHECKSUM',
		keep: 54,
		width: {min: 8},
		tone: value => (Number(value) > 0 ? 'danger' : 'calm'),
	}),
	amount('mxid_age', 'Age of the oldest multixact id, in multixacts.', row => row.mxid_age, {
		title: 'MXID AGE',
		keep: 40,
		width: {min: 8},
		tone: (_, row) => mxidTone(row),
	}),
	count('connection_limit', 'Connection limit of the database; empty if it has none.', row => row.connection_limit, {
		title: 'LIMIT',
		keep: 30,
	}),
	count('sessions', 'Sessions since the reset; PostgreSQL 14 and later.', row => row.sessions, {width: {min: 8}}),
	count('sessions_abandoned', 'Sessions among them whose client went away.', row => row.sessions_abandoned, {
		title: 'ABANDONED',
		width: {min: 9},
	}),
	count('sessions_fatal', 'Sessions among them that ended with a fatal error.', row => row.sessions_fatal, {title: 'FATAL'}),
	count('sessions_killed', 'Sessions among them that were terminated.', row => row.sessions_killed, {title: 'KILLED'}),
	instant('stats_reset', 'Time of the last statistics reset.', row => row.stats_reset, {title: 'RESET'}),
];
