import {age, amount, type Column, count, instant, ratio, size, text} from '../../core/pane/column.ts';
import {toneOf} from '../../core/pane/finding.ts';
import {definePane, type Headline, type Pane} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import type {Line, Tone} from '../../core/text/line.ts';
import {line} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {fleet} from '../../queries/beside/fleet.ts';
import {diskTone} from '../databases/disk.ts';
import {rowsOf} from '../reading/answers.ts';
import {indented} from '../reading/indented.ts';
import {diskShareOf, type FleetFind, type FleetRow, fleetRows} from './rows.ts';

const unknown = '-';

const standing = {unknown, stays: true} as const;

const warnsIfAny = (value: Value): Tone => (typeof value === 'number' && value > 0 ? 'warn' : 'calm');

/** A figure of sessions: unknown while our role cannot see the state of all of them. */
const seen = (row: FleetRow, value: number | null): number | null => (row.hidden ? null : value);

const roleOfRow = ({in_recovery}: FleetRow): string | null => (in_recovery === null ? null : in_recovery ? 'standby' : 'primary');

const findingTone = (row: FleetRow): Tone => (row.severity === null ? 'calm' : toneOf({severity: row.severity, ongoing: true}));

/** What does not answer, and the keys; undefined without a fleet. */
const headlineOf = (sample: Sample): Headline | undefined => {
	const rows = rowsOf(sample, fleet);
	if (rows.length === 0) return undefined;
	const down = rows.filter(({status}) => status === 'down').length;
	const waiting = rows.filter(({status}) => status === 'connecting').length;
	const silent = down === 0 ? '' : `${down} of ${plural(rows.length, 'server')} ${down === 1 ? 'does' : 'do'} not answer. `;
	const unread = waiting === 0 ? '' : `Connecting to ${plural(waiting, 'server')}. `;
	return {
		text: `${silent}${unread}Enter opens a server, where all rules apply; F returns.`,
		tone: down > 0 ? 'warn' : 'dim',
	};
};

const columns: readonly Column<FleetRow>[] = [
	text('label', 'Label of the server from the configuration, else its address.', row => row.label, {
		title: 'SERVER',
		keep: 99,
		width: {min: 14, max: 32},
		tone: (_, row) => (row.status === 'down' ? 'danger' : 'calm'),
	}),
	text('role', 'primary or standby; on screen, down for a server that does not answer.', roleOfRow, {
		unknown: row => (row.status === 'up' ? unknown : row.status),
		stays: true,
		keep: 95,
		width: {min: 7, max: 10},
		tone: (_, row) => (row.status === 'down' ? 'danger' : 'calm'),
	}),
	count('timeline', 'Timeline: of the WAL that a primary writes, or that a standby received.', row => row.timeline, {
		...standing,
		title: 'TL',
		keep: 60,
		width: {min: 3},
	}),
	size('lag_bytes', 'WAL that is not replayed: by the slowest standby of a primary, or on the standby.', row => row.lag_bytes, {
		title: 'LAG',
		unknown,
		keep: 85,
		width: {min: 7},
	}),
	age('lag_seconds', 'Age of the last replayed transaction while WAL is waiting (standby).', row => row.lag_seconds, {
		title: 'BEHIND',
		keep: 30,
	}),
	count('connections', 'Connections of clients, and max_connections.', row => row.connections, {
		...standing,
		title: 'CONN',
		keep: 80,
		width: {min: 9},
		format: (value, row) => `${value}/${row.max_connections ?? '?'}`,
	}),
	count('max_connections', 'max_connections.', row => row.max_connections),
	count('active', 'Sessions that run a statement; a dash if the role may not see them all.', row => seen(row, row.active), {
		...standing,
		keep: 88,
	}),
	count('blocked', 'Sessions that wait for a lock; a dash if the role may not see them all.', row => seen(row, row.blocked), {
		...standing,
		keep: 92,
		width: {min: 7},
		tone: warnsIfAny,
	}),
	age('oldest_xact_seconds', 'Age of the oldest transaction of a client.', row => seen(row, row.oldest_xact_seconds), {
		title: 'OLDEST XACT',
		brief: 'XACT',
		unknown,
		keep: 75,
		width: {min: 6, max: 11},
	}),
	amount('transactions_per_second', 'Transactions per second, over some seconds.', row => row.transactions_per_second, {
		...standing,
		title: 'TPS',
		aliases: ['tps'],
		keep: 70,
	}),
	ratio('disk_used_ratio', 'Used share of its fullest disk, as in df; only on its own host.', diskShareOf, {
		title: 'DISK',
		aliases: ['disk'],
		unknown,
		keep: 78,
		width: {min: 5},
		tone: diskTone,
	}),
	count('idle_in_transaction', 'Sessions idle in a transaction.', row => seen(row, row.idle_in_transaction), {
		title: 'IN XACT',
		unknown,
		keep: 25,
		width: {min: 7},
	}),
	count('standbys', 'WAL senders: standbys, subscribers and base backups.', row => row.standbys, {keep: 15, width: {min: 8}}),
	text('version_text', 'Version of the server.', row => row.version_text?.split(' ')[0] ?? null, {
		title: 'VERSION',
		keep: 10,
		width: {min: 7, max: 10},
	}),
	text('server', 'Address and database.', row => row.server, {
		title: 'ADDRESS',
		keep: 20,
		width: {min: 10, max: 32},
		// Without a label of its own a server is named by its address already.
		format: (value, row) => (String(value).startsWith(row.label) ? '' : String(value)),
	}),
	text('summary', 'Worst finding of what this screen reads; the server in focus has all rules.', row => row.summary, {
		title: 'FINDING',
		keep: 98,
		width: {min: 24, max: 60, grow: true, share: 1 / 3},
		tone: (_, row) => findingTone(row),
	}),
	text('disk_name', 'Server files on the fullest disk: data, wal or a tablespace.', row => row.disk_name),
	size('disk_free_bytes', 'Free space on that disk, without the reserve for root.', row => row.disk_free_bytes),
	size('disk_total_bytes', 'Total size of that disk.', row => row.disk_total_bytes),
	text('severity', 'Severity of the finding.', row => row.severity),
	text('rule', 'Rule of triage that explains the finding.', row => row.rule),
	count('findings', 'Number of findings.', row => row.findings),
	text('status', 'up, connecting or down.', row => row.status),
	instant('since', 'Last answer, by the clock of this host.', row => row.since),
	text('error', 'Reason why it does not answer.', row => row.error),
];

/** The servers of a fleet, worst first; `find` looks for trouble in what the narrow question read. */
export const fleetPaneWith = (find: FleetFind): Pane =>
	definePane<FleetRow>({
		id: 'fleet',
		title: 'Fleet',
		help: 'The servers of a fleet, one line each, worst first; Enter moves the whole program to one.',
		queries: [fleet],
		composed: true,
		named: true,
		rates: true,
		rows: (sample, past) => fleetRows(sample, past, find),
		identity: row => row.server,
		server: row => row.server,
		headline: headlineOf,
		// What could not be read is among its rows.
		notice: () => undefined,
		blamed: row => row.severity === 'critical',
		copied: row => [row.label, row.summary ?? ''].join(' ').trimEnd(),
		empty: 'No fleet is watched: pgtriage fleet "host=db1" "host=db2" shows several servers here.',
		columns,
		inspect: (row, sample, width, past) => findingLines(row, sample, width, past, find),
	});

/** All findings of a server, and when it answered last. */
const findingLines = (
	row: FleetRow,
	sample: Sample,
	width: number,
	past: Parameters<FleetFind>[2],
	find: FleetFind,
): readonly Line[] => {
	const seconds = secondsBetween(row.since, sample.at);
	return [
		line(row.findings === 0 ? 'No findings by the narrow question' : 'Findings', 'strong'),
		...find(row, sample, past).flatMap(({summary, severity}) => indented(`${severity}: ${summary}`, width)),
		...(row.status === 'up' || seconds === null ? [] : indented(`Last answer ${Math.round(seconds)} s ago.`, width)),
	];
};
