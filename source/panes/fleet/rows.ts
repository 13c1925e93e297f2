import {answersOf, type Past} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import {type Finding, severities} from '../../core/pane/finding.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import {type FleetServer, fleet} from '../../queries/beside/fleet.ts';
import {usedRatio} from '../../queries/beside/host.ts';
import {rowsOf} from '../reading/answers.ts';

/** Findings of a server of a fleet, worst first. */
export type FleetFind = (row: FleetServer, sample: Sample, past: Past) => readonly Finding[];

/** A server of a fleet with its transactions per second and its worst finding. */
export type FleetRow = FleetServer & {
	readonly transactions_per_second: number | null;
	readonly severity: Finding['severity'] | null;
	readonly rule: string | null;
	readonly summary: string | null;
	readonly findings: number;
	/** True if one of the findings is that something could not be read. */
	readonly unread: boolean;
};

/** Used share of the fullest disk of a server; null if unknown. */
export const diskShareOf = ({disk_used_bytes: used_bytes, disk_free_bytes: free_bytes}: FleetServer): number | null =>
	usedRatio({used_bytes, free_bytes});

// Busy backends report their counters about once a second: a rate over less than three seconds is noise.
const windowMs = 4000;

/** Transactions per second over the last seconds, by the clock of the server; null after a restart and before a second answer. */
const rateOf = (row: FleetServer, sample: Sample, past: Past): number | null => {
	if (row.read_at === null || row.transactions === null) return null;
	let base: FleetServer | undefined;
	for (const {rows} of answersOf(sample, past, fleet)) {
		const before = rows[row.position];
		if (before?.server !== row.server || before.read_at === null || before.started !== row.started) break;
		const ago = msOf(row.read_at) - msOf(before.read_at);
		if (ago > 2 * windowMs) break;
		if (ago > 0) base = before;
		if (ago >= windowMs) break;
	}
	if (base?.read_at == null) return null;
	return perSecond({at: base.read_at, value: base.transactions}, {at: row.read_at, value: row.transactions});
};

/** Rank of a server among the others: what does not answer, then the severity of its worst finding. */
const rankOf = ({status, severity}: FleetRow): number =>
	status === 'down' ? -1 : severity === null ? severities.length : severities.indexOf(severity);

/** Servers of a sample: those that do not answer, then by their worst finding; in the given order among equals. */
export const fleetRows = (sample: Sample, past: Past, find: FleetFind): readonly FleetRow[] =>
	rowsOf(sample, fleet)
		.map((row): FleetRow => {
			const all = find(row, sample, past);
			const [worst] = all;
			return {
				...row,
				transactions_per_second: rateOf(row, sample, past),
				severity: worst?.severity ?? null,
				rule: worst?.rule ?? null,
				summary: worst?.summary ?? null,
				findings: all.length,
				unread: all.some(({rule}) => rule === 'not-read'),
			};
		})
		.sort((a, b) => rankOf(a) - rankOf(b) || a.position - b.position);
