import type {Message} from '../../source/core/state/message.ts';
import type {FleetServer} from '../../source/queries/beside/fleet.ts';
import {fleet} from '../../source/queries/beside/fleet.ts';
import {answer, instantAt, makeSample} from '../findings/samples.ts';

/** A server that is well, with changes. */
const server = (label: string, position: number, second: number, changes: Partial<FleetServer> = {}): Partial<FleetServer> => ({
	server: `${label.toLowerCase()}.example:5432/shop`,
	label,
	position,
	status: 'up',
	since: instantAt(second),
	read_at: instantAt(second),
	started: instantAt(-90_000),
	version: 180_004,
	version_text: '18.4',
	in_recovery: false,
	timeline: 7,
	lag_bytes: 0,
	standbys: 1,
	max_connections: 200,
	reserved_connections: 3,
	connections: 42,
	hidden: 0,
	active: 3,
	blocked: 0,
	idle_in_transaction: 1,
	oldest_xact_seconds: 0.4,
	idle_in_transaction_seconds: 0.1,
	transactions: 50_000 + 120 * second,
	xid_age: 80_000_000,
	freeze_max_age: 200_000_000,
	mxid_age: 12,
	multixact_freeze_max_age: 400_000_000,
	...changes,
});

const standby = {in_recovery: true, lag_seconds: 0, standbys: 0, connections: 9, active: 0, idle_in_transaction: 0} as const;

const gigabyte = 2 ** 30;

/** The disk of a server on our own host, with so many of its 200 GB used. */
const diskWith = (used: number, name = 'data') => ({
	disk_name: name,
	disk_total_bytes: 200 * gigabyte,
	disk_used_bytes: used * gigabyte,
	disk_free_bytes: (200 - used) * gigabyte,
});

const rowsAt = (second: number): readonly Partial<FleetServer>[] => [
	server('SHOP', 0, second, diskWith(174, 'wal')),
	server('SHOP-B', 1, second, {...standby, ...diskWith(83)}),
	server('SHOP-C', 2, second, {...standby, ...diskWith(62), lag_bytes: 2_400_000_000, lag_seconds: 410}),
	server('PAY', 3, second, {
		blocked: 12,
		active: 15,
		oldest_xact_seconds: 260 + second,
		idle_in_transaction_seconds: 240 + second,
	}),
	server('STATS', 4, second, {hidden: 11, lag_bytes: null, standbys: 0, version_text: '13.23', timeline: 1}),
	{
		server: '10.0.0.9:5432/crm',
		label: '10.0.0.9:5432',
		position: 5,
		status: 'down',
		since: instantAt(-42),
		error_code: 'ECONNREFUSED',
		error: 'No server is listening at 10.0.0.9:5432.',
		last_in_recovery: false,
	},
];

/** Five samples of a fleet with a server that is down, one with blocked sessions, a standby that lags, and a role without rights. */
export const fleetSamples: readonly Message[] = [0, 1, 2, 3, 4].map(second => ({
	type: 'sample',
	sample: makeSample(second, answer(fleet, ...rowsAt(second))),
}));

/** A sample of a monitor that watches one server. */
export const noFleet: Message = {type: 'sample', sample: makeSample(100_000, answer(fleet))};
