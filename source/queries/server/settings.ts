import {bool, defineQuery, id, int, nullable, type RowOf, statement, textField} from '../../core/sample/query.ts';
import {secretEnding} from '../../core/sql/secret-names.ts';

const isSecret = `s.name operator(pg_catalog.~*) '(^ssl_passphrase_command|${secretEnding})$'`;

/** Value of a setting, unless its name says that it is a secret; secrets quoted in other values are masked on decoding. */
const visibleValue = (value: string): string => `case
		when ${isSecret} and ${value} operator(pg_catalog.<>) '' then '***'
		else ${value}
	end`;

// A value set by our own session hides the value for others, which is its reset value, with an unknown source. Settings sent at
// log-in are ours too.
/** Settings with a source other than default, and all that wait for a restart. */
export const settings = defineQuery({
	name: 'settings',
	deadlineMs: 2000,
	everyMs: 30_000,
	fields: {
		name: textField,
		context: textField,
		setting: nullable(statement),
		unit: nullable(textField),
		source: nullable(textField),
		pending_restart: bool,
		boot_val: nullable(statement),
		category: textField,
		short_desc: textField,
		sourcefile: nullable(textField),
		sourceline: nullable(int),
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	s.name,
	s.context,
	${visibleValue("case when s.source operator(pg_catalog.=) 'session' then s.reset_val else s.setting end")} as setting,
	s.unit,
	nullif(s.source, 'session') as source,
	s.pending_restart,
	s.boot_val,
	s.category,
	s.short_desc,
	s.sourcefile,
	s.sourceline
from pg_catalog.pg_show_all_settings() as s
where s.pending_restart
	or case s.source
		when 'default' then false
		when 'override' then false
		when 'client' then false
		when 'session' then s.reset_val is distinct from s.boot_val and s.name operator(pg_catalog.<>) 'client_encoding'
		else true
	end
`,
		},
	],
});

/** A setting that differs from its default. */
export type Setting = RowOf<typeof settings>;

const files = (others: string): string => `
select
	s.sourcefile,
	s.sourceline,
	'setting' as kind,
	s.seqno::pg_catalog.text as seqno,
	s.name,
	${visibleValue('s.setting')} as setting,
	s.applied,
	s.error
from pg_catalog.pg_show_all_file_settings() as s
${others}
`;

const rules = (kind: string, file: string, from: string): string => `
union all
select
	${file},
	r.line_number,
	'${kind}',
	null,
	null,
	null,
	false,
	r.error
from pg_catalog.${from}() as r
where r.error is not null`;

const hba = (file: string): string => rules('hba', file, 'pg_hba_file_rules');
const ident = (file: string): string => rules('ident', file, 'pg_ident_file_mappings');

/**
 * Lines of the configuration files as they are now, loaded or not, and broken lines of pg_hba.conf and (15) pg_ident.conf. Files
 * included by those are new in 16. For superusers only.
 */
export const configFiles = defineQuery({
	name: 'config_files',
	deadlineMs: 2000,
	everyMs: 30_000,
	when: facts => facts.superuser === true,
	fields: {
		sourcefile: nullable(textField),
		sourceline: nullable(int),
		kind: textField,
		seqno: nullable(id),
		name: nullable(textField),
		setting: nullable(statement),
		applied: bool,
		error: nullable(statement),
	},
	ladder: [
		{since: 130_000, sql: files(hba("pg_catalog.current_setting('hba_file')"))},
		{
			since: 150_000,
			sql: files(hba("pg_catalog.current_setting('hba_file')") + ident("pg_catalog.current_setting('ident_file')")),
		},
		{since: 160_000, sql: files(hba('r.file_name') + ident('r.file_name'))},
	],
});

/** A line of a configuration file. */
export type ConfigLine = RowOf<typeof configFiles>;
