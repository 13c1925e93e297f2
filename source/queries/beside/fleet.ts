import {defineReading, float, int, nullable, type RowOf, textField, timestamp} from '../../core/sample/query.ts';
import {fleetMember} from '../server/fleet-member.ts';

/**
 * Servers of a fleet in the order in which they were given. `status` is `up`, `connecting` before the first answer, or `down`;
 * `since` is the last answer, or the start of watching before one, by our clock; `read_at` is the server's clock. While a server does
 * not answer, its figures are null, and `last_in_recovery` is the role that it last had. `disk_name` is what the server keeps on the disk with
 * the least share free; the disk is null unless the server runs on this host.
 */
export const fleet = defineReading({
	name: 'fleet',
	fields: {
		server: textField,
		label: textField,
		position: int,
		status: textField,
		since: timestamp,
		error_code: nullable(textField),
		error: nullable(textField),
		read_at: nullable(timestamp),
		version: nullable(int),
		last_in_recovery: nullable(fleetMember.fields.in_recovery),
		disk_name: nullable(textField),
		disk_total_bytes: nullable(float),
		disk_used_bytes: nullable(float),
		/** Free for users other than root. */
		disk_free_bytes: nullable(float),
		...fleetMember.fields,
	},
});

/** A server of a fleet. */
export type FleetServer = RowOf<typeof fleet>;

/** The disk of a server with the least share free. */
export type FleetDisk = Pick<FleetServer, 'disk_name' | 'disk_total_bytes' | 'disk_used_bytes' | 'disk_free_bytes'>;
