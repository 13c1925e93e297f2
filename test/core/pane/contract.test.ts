import {expect, it} from 'vitest';
import {registry} from '../../../source/panes/index.ts';

// Names that scripts depend on, in JSON, filters and sort orders; they never change.
const contract: Readonly<Record<string, string>> = {
	triage: 'rule severity summary evidence pid pane action',
	sessions: `pid backend_start datname usename application_name client_addr backend_type state wait_event_type wait_event xact_start
		query_start state_change xact_seconds query_seconds state_seconds backend_xmin_age leader_pid query_id blocked_by blocks query
		query_truncated temp_bytes cpu_percent rss_bytes read_bytes_per_second write_bytes_per_second pooler_client_addr pooler_application_name tags`,
	locks: `pid depth root_pid blocked_by blocks_direct blocks_total waiters_wait_seconds locktype mode relation waiting_seconds soft
		gid state query cycle queued_behind`,
	bloat: `schemaname relname oid total_bytes table_bytes bloat_bytes bloat_ratio bloat_source n_live_tup n_dead_tup last_vacuum
		last_autovacuum last_analyze last_autoanalyze vacuum_due analyze_due xid_age locked index_bloat_bytes`,
	replication: `section pid usename application_name client_addr state sync_state sent_lag_bytes write_lag_bytes flush_lag_bytes
		replay_lag_bytes write_lag_seconds flush_lag_seconds replay_lag_seconds slot_name slot_type active wal_status retained_bytes
		safe_wal_bytes xmin_age catalog_xmin_age inactive_since fills_in_seconds`,
	statements: `queryid query calls total_exec_seconds mean_exec_ms rows shared_blks_read temp_blks_written wal_bytes load_share`,
	indexes: 'schemaname relname indexrelname index_bytes idx_scan verdict',
	progress: 'pid command relation phase percent eta_seconds',
	databases: `datname size_bytes growth_bytes_per_second numbackends xact_commit_per_second xact_rollback_per_second hit_ratio
		temp_bytes_per_second deadlocks xid_age`,
	horizon: 'holder kind xmin_age since_seconds pid gid slot_name remedy',
	waits: 'wait_event_type wait_event average_active_sessions',
	timeline: 'level wait_event_type wait_event query_id pid average_active_sessions share meaning',
	settings: 'name setting unit source pending_restart error',
	roles: '',
	held: 'pid application_name state xact_seconds locktype relation mode granted fastpath conflicts_with',
	preflight: 'pid mode relation state application_name xact_seconds query',
	log: '',
	serverlog: 'at severity sqlstate pid message',
	fleet: `label server role timeline lag_bytes connections max_connections active blocked oldest_xact_seconds transactions_per_second
		disk_used_ratio disk_name disk_free_bytes disk_total_bytes severity rule summary status since error`,
	pooler: `bouncer database user paused pool_mode cl_active cl_waiting maxwait_seconds sv_active sv_idle sv_used sv_login pool_size
		mean_query_ms mean_wait_ms xact_per_second client_state application_name pid`,
	groups: 'group total active idle idle_in_transaction waiting oldest_xact_seconds longest_idle_seconds temp_bytes cpu_percent',
};

const keys: Readonly<Record<string, string>> = {
	triage: '0',
	sessions: '1',
	locks: '2',
	bloat: '3',
	replication: '4',
	statements: '5',
	indexes: '6',
	progress: '7',
	databases: '8',
	horizon: '9',
	waits: 'W',
	timeline: 'S',
	log: '@',
};

it.each(registry.panes.map(pane => [pane.id, pane] as const))(
	'%s has its key and every field that scripts depend on',
	(id, pane) => {
		const promised = contract[id]?.split(/\s+/).filter(name => name !== '');
		expect(promised).toBeDefined();
		const ids = pane.columns.map(column => column.id);
		expect(ids).toEqual(expect.arrayContaining(promised ?? []));
		expect(ids).toEqual([...new Set(ids)]);
		if (keys[id] !== undefined) expect(pane.keys).toContain(keys[id]);
	},
);

it('every field has its unit in its name, matching its kind', () => {
	const wrong = registry.panes.flatMap(({id, columns}) =>
		columns
			.filter(
				column =>
					(column.kind === 'seconds' && !column.id.endsWith('_seconds')) ||
					(column.kind === 'bytes' && !/_bytes(_per_second)?$/.test(column.id)),
			)
			.map(column => `${id}.${column.id}`),
	);
	expect(wrong).toEqual([]);
});
