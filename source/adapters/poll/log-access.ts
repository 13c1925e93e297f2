import type {Failure} from '../../core/sample/sample.ts';
import {type LogFormat, logFormats} from '../../core/serverlog/entry.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import {literal} from '../../core/values/quote.ts';
import {ConnectionError} from '../connect/failures.ts';
import type {Lane} from '../session/lane.ts';

/** What decides whether and how the server log can be read, of one session. */
export type LogAccess = {
	readonly prefix: string;
	readonly zone: string;
	/** SQL of the size of a file. */
	readonly sizeSql: (path: string) => string;
};

/** The file that the server writes to now, and its size in bytes. */
export type LogFile = {readonly format: LogFormat; readonly path: string; readonly size: number};

const deadlineMs = 3000;

const ask = async (lane: Lane, name: string, sql: string): Promise<readonly (readonly (string | null)[])[]> => {
	const reply = await lane.run({name, sql: `/* pgtriage:${name} */ ${oneLine(sql)}`, deadlineMs});
	if (!reply.ok) throw new ConnectionError(reply.error);
	return reply.rows;
};

const functions = [
	'pg_catalog.pg_current_logfile(pg_catalog.text)',
	'pg_catalog.pg_read_binary_file(pg_catalog.text, pg_catalog.int8, pg_catalog.int8, pg_catalog.bool)',
	'pg_catalog.pg_stat_file(pg_catalog.text, pg_catalog.bool)',
	'pg_catalog.pg_ls_logdir()',
] as const;

const mayExecute = (name: string): string => `pg_catalog.has_function_privilege(${literal(name)}, 'EXECUTE')`;

/** Roles that only managed services have. */
const managedRoles = ['rds_superuser', 'azure_pg_admin', 'cloudsqlsuperuser', 'alloydbsuperuser'];

// Settings and privileges first: a refused function would be an error in the log that it is to read.
const accessSql = `
select
	pg_catalog.current_setting('logging_collector'),
	pg_catalog.current_setting('log_destination'),
	pg_catalog.current_setting('log_line_prefix'),
	pg_catalog.current_setting('log_timezone'),
	current_user,
	exists (
		select
		from pg_catalog.pg_roles as r
		where r.rolname operator(pg_catalog.=) any (array[${managedRoles.map(literal).join(', ')}]::pg_catalog.name[])
	),
	${functions.map(mayExecute).join(', ')}
`;

const isTrue = (cell: string | null | undefined): boolean => cell === 't';

const grantable = [
	'pg_catalog.pg_current_logfile(text)',
	'pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)',
	'pg_catalog.pg_ls_logdir()',
] as const;

const refusal = (user: string, isManaged: boolean, missing: readonly string[]): Failure =>
	isManaged
		? {
				code: '42501',
				message: 'This managed service does not let roles read the files of the server log.',
				hint: 'Read it in the console of the service.',
			}
		: {
				code: '42501',
				message: `The role ${user} may not read the server log.`,
				hint: `As a superuser: grant execute on function ${missing.join(', ')} to ${user}`,
			};

const notCollected = (destination: string): Failure => {
	const others = destination.split(',').map(name => name.trim());
	const elsewhere = others.filter(name => name === 'syslog' || name === 'eventlog');
	if (elsewhere.length === others.length && elsewhere.length > 0)
		return {
			code: 'log_destination',
			message: `The server log goes to ${elsewhere.join(' and ')}, which SQL cannot read.`,
			hint: `alter system set log_destination = '${[...others, 'csvlog'].join(',')}', with logging_collector = on and a restart.`,
		};
	return {
		code: 'logging_collector',
		message: 'The server writes no log files: logging_collector is off.',
		hint: 'alter system set logging_collector = on, and restart; until then the log is where the output of the server goes.',
	};
};

/** Codes of the failures that only a change on the server heals. */
export const unreadable: ReadonlySet<string> = new Set(['log_destination', 'logging_collector', 'no_log_file']);

/** Reads what is needed to find the log; throws a ConnectionError that says why it cannot be read, and the remedy. */
export const readAccess = async (lane: Lane): Promise<LogAccess> => {
	const [row] = await ask(lane, 'log_access', accessSql);
	const [collector, destination, prefix, zone, user, managed, current, read, stat, list] = row ?? [];
	const isWritten = logFormats.some(format => destination?.includes(format));
	if (collector !== 'on' || !isWritten) throw new ConnectionError(notCollected(destination ?? ''));
	const missing = [
		...(isTrue(current) ? [] : [grantable[0]]),
		...(isTrue(read) ? [] : [grantable[1]]),
		...(isTrue(stat) || isTrue(list) ? [] : [grantable[2]]),
	];
	if (missing.length > 0) throw new ConnectionError(refusal(user ?? '', isTrue(managed), missing));
	return {
		prefix: prefix ?? '',
		zone: zone ?? 'UTC',
		sizeSql: path =>
			isTrue(stat)
				? `(select s.size from pg_catalog.pg_stat_file(${path}, true) as s)`
				: `(select d.size from pg_catalog.pg_ls_logdir() as d where d.name operator(pg_catalog.=) pg_catalog.regexp_replace(${path}, '^.*[/\\\\]', ''))`,
	};
};

const noFile: Failure = {
	code: 'no_log_file',
	message: 'The server has no current log file in a format that can be read.',
	hint: "log_destination needs stderr, csvlog or jsonlog: alter system set log_destination = 'csvlog', and reload.",
};

/** The newest file of the best format; jsonlog is new in 15. Throws a ConnectionError if there is none. */
export const readLogFile = async (lane: Lane, access: LogAccess, version: number): Promise<LogFile> => {
	const formats = logFormats.filter(format => format !== 'jsonlog' || version >= 150_000);
	const files = formats.map(
		(format, place) => `select ${place} as place, '${format}' as format, pg_catalog.pg_current_logfile('${format}') as path`,
	);
	const [row] = await ask(
		lane,
		'log_file',
		`
select
	f.format,
	f.path,
	${access.sizeSql('f.path')}
from (${files.join(' union all ')}) as f
where f.path is not null
order by f.place
limit 1
`,
	);
	const [format, path, size] = row ?? [];
	const found = formats.find(each => each === format);
	if (found === undefined || path == null) throw new ConnectionError(noFile);
	return {format: found, path, size: Number(size ?? 0)};
};

/** Bytes of a file from an offset; fewer at its end, none if it is gone. */
export const readLogBytes = async (lane: Lane, path: string, from: number, length: number): Promise<Uint8Array> => {
	const file = literal(path);
	const [row] = await ask(
		lane,
		'log_bytes',
		// Bytes and not text: a line may hold what the encoding of our database does not allow.
		`select pg_catalog.encode(pg_catalog.pg_read_binary_file(${file}, ${from}, ${length}, true), 'base64')`,
	);
	return Buffer.from(row?.[0] ?? '', 'base64');
};
