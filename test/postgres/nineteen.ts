import type {Server} from '../../source/demo/server.ts';
import {connect} from './servers.ts';

/** A row of pg_stat_get_progress_info: the command that was asked for, its table, and its parameters from the first on. */
export type ProgressParameters = {readonly kind: string; readonly relation: string; readonly parameters: readonly number[]};

const parameterCount = 20;

const valuesOf = ({kind, relation, parameters}: ProgressParameters): string => {
	const padded = Array.from({length: parameterCount}, (_, index) => parameters[index] ?? 0);
	return `('${kind}', '${relation}'::regclass::oid, ${padded.join(', ')})`;
};

/** Puts another function in the place of one of the catalog: `columns` are its OUT parameters after the ones that it keeps. */
const replaced = (name: string, change: string, body: string): string => `
	do $do$
	declare
		old pg_proc := (select p from pg_proc as p where p.proname = '${name}');
		arguments text := pg_get_function_arguments(old.oid);
	begin
		execute format('alter function pg_catalog.${name}(%s) rename to ${name}_18', pg_get_function_identity_arguments(old.oid));
		arguments := ${change};
		execute 'create function pg_catalog.${name}(' || arguments || ') returns setof record stable ' || $function$${body}$function$;
	end
	$do$`;

const progressInfo = (): string => {
	const outs = Array.from({length: parameterCount}, (_, index) => `p.param${index + 1}`).join(', ');
	return replaced(
		'pg_stat_get_progress_info',
		'arguments',
		`language plpgsql as $body$
		begin
			if cmdtype not in ('VACUUM', 'ANALYZE', 'REPACK', 'CREATE INDEX', 'BASEBACKUP', 'COPY') then
				raise 'invalid command name: "%"', cmdtype using errcode = '22023';
			end if;
			return query
				select pg_backend_pid(), d.oid, p.relid, ${outs}
				from public.progress_parameters as p join pg_database as d on d.datname = current_database()
				where p.kind = cmdtype;
		end $body$`,
	);
};

/**
 * Declares on a PostgreSQL 18 the functions of the catalog whose columns are others on 19, with the names and types that a server of
 * 19devel reports, because no package has a PostgreSQL 19 yet. Commands report `rows` as their progress.
 */
export const declareNineteen = async (server: Server, rows: readonly ProgressParameters[]): Promise<void> => {
	await using client = await connect(server);
	const parameters = Array.from({length: parameterCount}, (_, index) => `param${index + 1} bigint`).join(', ');
	await client.query(`create table public.progress_parameters (kind text, relid oid, ${parameters})`);
	await client.query('grant select on public.progress_parameters to public');
	await client.query(`insert into public.progress_parameters values ${rows.map(valuesOf).join(', ')}`);
	await client.query(progressInfo());
	await client.query(
		replaced(
			'pg_get_replication_slots',
			"arguments || ', OUT slotsync_skip_reason text'",
			"language sql as $body$ select s.*, 'wal_not_flushed' from pg_get_replication_slots_18() as s $body$",
		),
	);
	await client.query(
		replaced(
			'pg_stat_get_wal',
			"replace(arguments, 'OUT wal_buffers_full', 'OUT wal_fpi_bytes numeric, OUT wal_buffers_full')",
			'language sql as $body$ select w.wal_records, w.wal_fpi, w.wal_bytes, 8192::numeric, w.wal_buffers_full, w.stats_reset from pg_stat_get_wal_18() as w $body$',
		),
	);
	await client.query(
		replaced(
			'pg_stat_get_subscription_stats',
			`replace(replace(arguments, 'OUT sync_error_count bigint', 'OUT sync_seq_error_count bigint, OUT sync_table_error_count bigint'),
				'OUT confl_update_missing', 'OUT confl_update_deleted bigint, OUT confl_update_missing')`,
			`language sql as $body$
				select e.subid, e.apply_error_count, 2::bigint, e.sync_error_count, e.confl_insert_exists, e.confl_update_origin_differs,
					e.confl_update_exists, 3::bigint, e.confl_update_missing, e.confl_delete_origin_differs, e.confl_delete_missing,
					e.confl_multiple_unique_conflicts, e.stats_reset
				from pg_stat_get_subscription_stats_18($1) as e $body$`,
		),
	);
	// A subscription has a worker of each type; only the types tell the first two apart.
	await client.query(
		replaced(
			'pg_stat_get_subscription',
			'arguments',
			`language sql as $body$
				select s.oid, w.relid::oid, w.pid, null::int, '0/1'::pg_lsn, now(), now(), '0/1'::pg_lsn, now(), w.type
				from pg_subscription as s
				cross join (values
					(null, 101, 'apply'), (null, 102, 'sequence synchronization'), (1, 103, 'table synchronization')
				) as w (relid, pid, type) $body$`,
		),
	);
	await client.query(`
		create function pg_catalog.pg_stat_get_recovery(
			out promote_triggered bool, out last_replayed_read_lsn pg_lsn, out last_replayed_end_lsn pg_lsn, out last_replayed_tli int,
			out replay_end_lsn pg_lsn, out replay_end_tli int, out recovery_last_xact_time timestamptz,
			out current_chunk_start_time timestamptz, out pause_state text)
		stable language sql as $$
			select r.* from (values
				(true, '0/1'::pg_lsn, '0/2'::pg_lsn, 1, '0/3'::pg_lsn, 1, now(), now(), 'not paused')) as r
			where pg_is_in_recovery() and pg_has_role('pg_read_all_stats', 'usage')
		$$`);
	await client.query(`
		create function pg_catalog.pg_stat_get_autovacuum_scores(
			out oid oid, out score float8, out xid_score float8, out mxid_score float8, out vacuum_score float8,
			out vacuum_insert_score float8, out analyze_score float8, out do_vacuum bool, out do_analyze bool, out for_wraparound bool)
		returns setof record stable language sql as $$
			select c.oid, 2.5, 0.1, 0.1, 2.5, 0.2, 0.3, c.relname = 'items', false, false
			from pg_class as c where c.relkind in ('r', 'm', 't')
		$$`);
	await client.query(`
		create function pg_catalog.pg_stat_get_lock(
			out locktype text, out waits bigint, out wait_time float8, out fastpath_exceeded bigint, out stats_reset timestamptz)
		returns setof record stable language sql as $$
			values ('relation', 3::bigint, 4500.5::float8, 7::bigint, now() - interval '1 hour'), ('tuple', 0, 0, 0, now())
		$$`);
	await client.query(
		'create function pg_catalog.pg_stat_get_stat_reset_time(oid) returns timestamptz stable language sql as $$ select now() $$',
	);
};
