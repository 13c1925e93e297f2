/** Limits of a connection in milliseconds; 0 means unlimited. */
export type SessionLimits = {
	readonly readOnly: boolean;
	readonly statementTimeoutMs: number;
	readonly lockTimeoutMs: number;
};

/** A server setting and its value in our sessions. */
export type SessionSetting = readonly [name: string, value: string];

/**
 * Settings of each of our sessions on a server of `version`. Text arrives raw (SQL_ASCII), because one foreign session's bytes
 * would otherwise fail the whole answer; timestamps arrive as ISO text in UTC. `client_connection_check_interval` and
 * `idle_session_timeout` arrived in 14; the first is refused on systems that cannot poll a socket, so it is `optional`.
 */
export const settingsFor = (
	version: number,
	limits: SessionLimits,
): {readonly needed: readonly SessionSetting[]; readonly optional: readonly SessionSetting[]} => ({
	needed: [
		['statement_timeout', String(limits.statementTimeoutMs)],
		['lock_timeout', String(limits.lockTimeoutMs)],
		['idle_in_transaction_session_timeout', '10000'],
		['jit', 'off'],
		['max_parallel_workers_per_gather', '0'],
		['DateStyle', 'ISO'],
		['IntervalStyle', 'postgres'],
		['TimeZone', 'UTC'],
		['client_encoding', 'SQL_ASCII'],
		...(limits.readOnly ? ([['default_transaction_read_only', 'on']] as const) : []),
		...(version >= 140_000 ? ([['idle_session_timeout', '0']] as const) : []),
	],
	optional: version >= 140_000 ? [['client_connection_check_interval', '2000']] : [],
});

/**
 * Settings of a transaction behind a connection pooler: transaction-local ones only, since anything longer would leak to the
 * pooler's other clients.
 */
export const transactionSettings = (limits: SessionLimits): readonly SessionSetting[] => [
	['search_path', ''],
	['statement_timeout', String(limits.statementTimeoutMs)],
	['lock_timeout', String(limits.lockTimeoutMs)],
	['jit', 'off'],
	['max_parallel_workers_per_gather', '0'],
	['DateStyle', 'ISO'],
	['TimeZone', 'UTC'],
	...(limits.readOnly ? ([['transaction_read_only', 'on']] as const) : []),
];

/** The set_config calls for the session, or for this transaction only, as the columns of a select. */
export const calls = (settings: readonly SessionSetting[], span: 'session' | 'transaction'): string =>
	settings.map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', ${span === 'transaction'})`).join(', ');
