/** Signal to a backend: cancels its statement or terminates its session. */
export type Signal = 'cancel' | 'terminate';

const from = `pg_catalog.pg_stat_get_activity($1) a
where a.backend_start = $2::timestamptz
  and a.backend_type = $3`;

const statements: Readonly<Record<Signal, string>> = {
	cancel: `select pg_catalog.pg_cancel_backend(a.pid)
from ${from}
  and a.query_start = $4::timestamptz
  and a.state = 'active'`,
	terminate: `select pg_catalog.pg_terminate_backend(a.pid)
from ${from}`,
};

/**
 * The exact SQL that signals one backend by its identity: $1 pid, $2 backend_start, $3 backend_type and, for a cancel, $4
 * query_start. No row means that the backend ended or runs another statement; false means that the server refused.
 */
export const signalStatement = (signal: Signal): string => statements[signal];
