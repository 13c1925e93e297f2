import {type Sample, sentences} from '../core/sample/sample.ts';
import {type SettingRow, settingRows, withUnit} from '../panes/reading/settings.ts';
import {configFiles, settings} from '../queries/server/settings.ts';
import type {ReportedSettings} from './report.ts';
import type {Step} from './step.ts';

// Settings for safety of data, timeouts, and resources.
const matters =
	/^(?:fsync|full_page_writes|synchronous_.*|wal_level|wal_sync_method|wal_keep_size|max_slot_wal_keep_size|(?:max|min)_wal_size|checkpoint_.*|archive_(?:mode|command|library|timeout)|.*_timeout|deadlock_.*|max_.*|.*_buffers|work_mem|maintenance_work_mem|hash_mem_multiplier|effective_.*|temp_file_limit|random_page_cost|seq_page_cost|default_statistics_target|jit|huge_pages|autovacuum.*|vacuum_.*|hot_standby.*|idle_replication_slot_timeout|superuser_reserved_connections|reserved_connections|shared_preload_libraries|track_.*|compute_query_id|log_lock_waits|log_min_duration_statement|default_transaction_.*|zero_damaged_pages|ignore_.*|restart_after_crash|data_sync_retry|old_snapshot_threshold|tcp_.*|client_connection_check_interval|enable_.*|pg_stat_statements\..*)$/;

// All default to 0: no limit.
const limits = [
	'statement_timeout',
	'lock_timeout',
	'idle_in_transaction_session_timeout',
	'idle_session_timeout',
	'transaction_timeout',
] as const;
const since: Readonly<Record<string, number>> = {idle_session_timeout: 140_000, transaction_timeout: 170_000};

/** Collects the settings of the first and the last sample that have them. */
export const collectSettings = () => {
	let first: Sample | undefined;
	let last: Sample | undefined;
	let version = 0;
	let result: Sample['results'][string] | undefined;
	return {
		addStep: ({sample}: Step): void => {
			const facts = sample.results.facts;
			if (facts?.ok) version = Number(facts.rows[0]?.version ?? version);
			result = sample.results[settings.name] ?? result;
			if (!sample.results[settings.name]?.ok) return;
			// Keeps only the answers that the settings are derived from.
			last = withoutOthers(sample);
			first ??= last;
		},
		result: (): ReportedSettings => {
			if (!first || !last)
				return {
					ok: false,
					why:
						(result?.ok === false && sentences(result.error)) ||
						'The settings were not read in this period: that happens while their pane is shown, or in "pgtriage record".',
				};
			const before = new Map(settingRows(first).map(row => [row.name, shown(row.setting, row)]));
			// The command line overrides the files: their value of such a setting is not an error.
			const overridden = new Set(settingRows(last).flatMap(({name, source}) => (source === 'command line' ? [name] : [])));
			const rows = settingRows(last).filter(({name, error}) => error === null || !overridden.has(name));
			const names = new Set(rows.map(({name}) => name));
			return {
				ok: true,
				rows: rows.map(row => {
					const setting = shown(row.setting, row);
					const then = before.get(row.name) ?? shown(row.boot_val, row);
					const file = row.file_setting;
					return {
						name: row.name,
						setting,
						boot_val: row.boot_val === null ? null : shown(row.boot_val, row),
						source: row.source,
						pending_restart: row.pending_restart === true,
						file_setting: file !== null && row.pending_restart === true ? file : null,
						before: row.error === null && then !== setting ? then : null,
						matters: matters.test(row.name),
						error: row.error,
					};
				}),
				no_limits: limits.filter(name => (since[name] ?? 0) <= version && (!names.has(name) || isZero(rows, name))),
			};
		},
	};
};

const withoutOthers = ({seq, at, own, results}: Sample): Sample => ({
	seq,
	at,
	own,
	results: Object.fromEntries(
		[settings.name, configFiles.name].flatMap(name => {
			const result = results[name];
			return result ? [[name, result] as const] : [];
		}),
	),
});

const isZero = (rows: readonly SettingRow[], name: string): boolean => rows.some(row => row.name === name && row.setting === '0');

const shown = (value: string | null, {unit}: SettingRow): string =>
	value === null ? '' : value === '' ? "''" : withUnit(value, unit);
