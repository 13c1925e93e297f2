import {scenarios} from '../demo/scenarios.ts';

/** The commands of the program; `monitor` is what it does without one. */
export const commandNames = [
	'monitor',
	'demo',
	'record',
	'replay',
	'report',
	'check',
	'preflight',
	'export',
	'fleet',
	'config',
	'completion',
	'man',
] as const;
export type CommandName = (typeof commandNames)[number];

// Commands by what they have in common, for the options that apply to them.
const connecting: readonly CommandName[] = ['monitor', 'record', 'check', 'preflight', 'export'];
const loggingIn: readonly CommandName[] = [...connecting, 'fleet'];
const sampling: readonly CommandName[] = ['monitor', 'demo', 'record', 'replay', 'check', 'preflight', 'export', 'fleet'];
const showing: readonly CommandName[] = ['monitor', 'demo', 'replay'];
const acting: readonly CommandName[] = ['monitor', 'demo', 'fleet'];
const writing: readonly CommandName[] = ['monitor', 'demo', 'record', 'fleet'];
const listing: readonly CommandName[] = [...showing, 'fleet'];

/** One option of the command line: the source of parsing, help, completion and the docs. */
export type Flag = {
	readonly name: string;
	readonly short?: string;
	readonly value?: string;
	readonly many?: boolean;
	/** Allowed in the configuration file. */
	readonly lasting?: true;
	/** Commands that it applies to; absent if it applies to all. */
	readonly commands?: readonly CommandName[];
	readonly group: 'Connection' | 'Monitor' | 'Non-interactive' | 'Appearance' | 'Demo' | 'Program';
	readonly help: string;
};

/** Every option, in the order of the help. */
export const flags: readonly Flag[] = [
	{name: 'host', short: 'h', value: 'HOST', commands: connecting, group: 'Connection', help: 'Server host or socket directory.'},
	{name: 'port', short: 'p', value: 'PORT', commands: connecting, group: 'Connection', help: 'Server port.'},
	{name: 'username', short: 'U', value: 'USER', commands: loggingIn, group: 'Connection', help: 'Role to log in as.'},
	{
		name: 'dbname',
		short: 'd',
		value: 'DBNAME',
		commands: loggingIn,
		group: 'Connection',
		help: 'Database name, connection string or URI.',
	},
	{name: 'password', short: 'W', commands: connecting, group: 'Connection', help: 'Prompt for the password before connecting.'},
	{
		name: 'never-ask',
		short: 'w',
		commands: connecting,
		group: 'Connection',
		help: 'Never prompt for a password; same as --no-password.',
	},
	{
		name: 'password-command',
		value: 'CMD',
		lasting: true,
		commands: connecting,
		group: 'Connection',
		help: 'Run CMD for each login; the first line of its output is the password.',
	},
	{
		name: 'tunnel',
		value: 'CMD',
		commands: connecting,
		group: 'Connection',
		help: 'Keep CMD running and connect through it; {port} in it is replaced by a free local port.',
	},
	{
		name: 'pgbouncer',
		value: 'CONNINFO',
		many: true,
		lasting: true,
		commands: ['monitor', 'record', 'check', 'export'],
		group: 'Connection',
		help: 'PgBouncer console, for its pools and the clients behind its sessions: host=10.0.0.7 user=stats; repeatable.',
	},
	{
		name: 'patroni',
		value: 'URL',
		lasting: true,
		commands: ['monitor', 'record', 'check', 'export', 'fleet'],
		group: 'Connection',
		help: 'REST API of any Patroni member, to show and judge its cluster: http://10.0.0.7:8008.',
	},
	{
		name: 'standbys',
		commands: ['fleet'],
		group: 'Connection',
		help: 'With fleet: also watch the standbys of the servers named, at their addresses and the port of the server.',
	},
	{
		name: 'interval',
		value: '1s',
		lasting: true,
		commands: sampling,
		group: 'Monitor',
		help: 'Refresh interval, 250ms to 60s; default 1s, with export 5s.',
	},
	{
		name: 'pane',
		value: 'ID',
		many: true,
		lasting: true,
		commands: showing,
		group: 'Monitor',
		help: 'Pane to open; with --once, pane to print: repeatable, or "all".',
	},
	{
		name: 'filter',
		value: 'EXPR',
		commands: listing,
		group: 'Monitor',
		help: 'Rows to show, in the filter language of the / key; applies to panes with its columns.',
	},
	{name: 'sort', value: 'COLUMN[:desc]', commands: listing, group: 'Monitor', help: 'Sort order of the rows.'},
	{
		name: 'group',
		value: 'BY',
		commands: showing,
		group: 'Monitor',
		help: 'Group the sessions by application, user, client, database, state, wait, query or tag.NAME; also with --once.',
	},
	{name: 'min-duration', value: '500ms', commands: showing, group: 'Monitor', help: 'Only rows of at least this age.'},
	{name: 'database', value: 'NAME', commands: showing, group: 'Monitor', help: 'Only sessions of this database.'},
	{name: 'user', value: 'NAME', commands: showing, group: 'Monitor', help: 'Only sessions of this role.'},
	{name: 'application', value: 'NAME', commands: showing, group: 'Monitor', help: 'Only sessions of this application.'},
	{name: 'read-only', lasting: true, commands: acting, group: 'Monitor', help: 'Disable all actions.'},
	{
		name: 'audit',
		value: 'FILE',
		lasting: true,
		commands: acting,
		group: 'Monitor',
		help: 'Audit log of all actions; default ~/.local/state/pgtriage/audit.ndjson.',
	},
	{
		name: 'record',
		value: 'FILE',
		commands: acting,
		group: 'Monitor',
		help: 'Record every sample to FILE while monitoring; .zst and .gz are compressed.',
	},
	{
		name: 'rotate',
		value: 'LIMIT',
		many: true,
		commands: writing,
		group: 'Monitor',
		help: 'Continue the recording in a new file at this size or age: 100MB, 1h, or both.',
	},
	{
		name: 'keep',
		value: 'N',
		commands: writing,
		group: 'Monitor',
		help: 'With --rotate: number of older files to keep; default all.',
	},
	{
		name: 'history',
		value: '64MB',
		lasting: true,
		commands: listing,
		group: 'Monitor',
		help: 'Memory for past samples; default 64MB, 512MB for a recording.',
	},
	{
		name: 'once',
		commands: listing,
		group: 'Non-interactive',
		help: 'Print one sample and exit; takes two samples if rates are needed.',
	},
	{
		name: 'format',
		value: 'FORMAT',
		commands: [...listing, 'report', 'check', 'preflight'],
		group: 'Non-interactive',
		help: 'With --once: json, ndjson, csv, text or openmetrics; default text on a terminal, json in a pipe. Reports: md (default), html or json. Checks: text (default) or json.',
	},
	{
		name: 'rule',
		value: 'ID',
		many: true,
		commands: ['check'],
		group: 'Non-interactive',
		help: 'With check: only this rule of triage, repeatable; unknown (3) if it could not look.',
	},
	{
		name: 'fail-on',
		value: 'LEVEL',
		commands: ['check'],
		group: 'Non-interactive',
		help: 'With check: least severity that is not ok: notice, warning (default) or critical.',
	},
	{
		name: 'timeout',
		value: '10s',
		commands: ['check'],
		group: 'Non-interactive',
		help: 'With check: longest time until the answer, 1s to 60s; unknown (3) after it.',
	},
	{
		name: 'listen',
		value: 'ADDR:PORT',
		commands: ['export'],
		group: 'Non-interactive',
		help: 'With export: address and port to serve metrics at; default 127.0.0.1:9732.',
	},
	{
		name: 'on-finding',
		value: 'CMD',
		commands: ['record', 'export'],
		group: 'Non-interactive',
		help: 'With record or export: run CMD once per new finding, with the finding as JSON on stdin.',
	},
	{
		name: 'lock',
		value: 'MODE',
		commands: ['preflight'],
		group: 'Non-interactive',
		help: 'With preflight: lock mode or command, e.g. share, alter-table; default access-exclusive.',
	},
	{
		name: 'at',
		value: 'TIME',
		commands: ['replay'],
		group: 'Non-interactive',
		help: 'With replay: time to start at, e.g. 14:30; with --once, time to print.',
	},
	{
		name: 'from',
		value: 'TIME',
		commands: ['report'],
		group: 'Non-interactive',
		help: 'With report: start time, 14:30 or 2026-11-22T14:30:00Z.',
	},
	{name: 'to', value: 'TIME', commands: ['report'], group: 'Non-interactive', help: 'With report: end time.'},
	{
		name: 'mark',
		value: 'TIME',
		commands: ['report'],
		many: true,
		group: 'Non-interactive',
		help: 'With report: time of a deploy, to compare the statements before and after it; repeatable.',
	},
	{
		name: 'with-literals',
		commands: ['report'],
		group: 'Non-interactive',
		help: 'With report: show literals in statements instead of ?.',
	},
	{
		name: 'output',
		value: 'FILE',
		commands: ['report'],
		group: 'Non-interactive',
		help: 'With report: write to a new file instead of stdout.',
	},
	{name: 'no-color', lasting: true, group: 'Appearance', help: 'Disable colors; NO_COLOR and FORCE_COLOR=0 do the same.'},
	{name: 'ascii', lasting: true, group: 'Appearance', help: 'Write only ASCII: lines, marks and foreign letters too.'},
	{
		name: 'theme',
		value: 'NAME',
		lasting: true,
		commands: listing,
		group: 'Appearance',
		help: 'Color theme: dark, light or colorblind.',
	},
	{
		name: 'mouse',
		lasting: true,
		commands: listing,
		group: 'Appearance',
		help: 'Wheel scrolls, click selects a row, click on a column title sorts.',
	},
	{
		name: 'notify',
		lasting: true,
		commands: acting,
		group: 'Appearance',
		help: 'Ring the bell and set the window title when a finding becomes critical.',
	},
	{name: 'scenario', value: 'NAME', commands: ['demo'], group: 'Demo', help: `Run only this incident: ${scenarios.join(', ')}.`},
	{name: 'seed', value: 'N', commands: ['demo'], group: 'Demo', help: 'Seed of the workload.'},
	{
		name: 'config',
		value: 'FILE',
		group: 'Program',
		help: 'Configuration file, or "none"; default ~/.config/pgtriage/config.json.',
	},
	{name: 'help', short: '?', group: 'Program', help: 'Print this help.'},
	{name: 'version', short: 'V', group: 'Program', help: 'Print the version.'},
];

/** The ways to call the program: the call, and its meaning. */
export const usages: readonly (readonly [string, string])[] = [
	['pgtriage [connection string | database [user]] [options]', 'monitor a server'],
	['pgtriage demo [--scenario NAME] [--seed N]', 'start a real PostgreSQL with live incidents and monitor it'],
	['pgtriage record FILE [connection] [options]', 'record every sample to FILE until interrupted, without a screen'],
	['pgtriage replay FILE [--once]', 'replay a recording on the same screen'],
	['pgtriage report FILE [--from TIME] [--to TIME]', 'write a report of a recording as Markdown or as a page'],
	[
		'pgtriage check [connection] [--rule ID] [--fail-on LEVEL]',
		'exit with 0, 1, 2 or 3 by the worst finding, as monitoring plug-ins do',
	],
	['pgtriage preflight TABLE [connection] [--lock MODE]', 'say whether a lock would be granted now, and who is in the way'],
	['pgtriage export [connection] [--listen ADDR:PORT]', 'serve metrics for Prometheus until interrupted'],
	['pgtriage fleet [connection]... [options]', 'watch several servers, one line each, and enter one of them'],
	['pgtriage config check', 'check the configuration file'],
	['pgtriage completion bash|zsh|fish', 'print the completion script of a shell'],
	['pgtriage man', 'print the manual page: pgtriage man | man -l -'],
];

/** The meaning of every exit status. */
export const exitCodes: readonly (readonly [string, string])[] = [
	['0', 'Success.'],
	['1', 'Connection failed or lost for good, or a file could not be read or written.'],
	['2', 'Usage or configuration error.'],
	['3', 'Printed, but part of the requested data is missing; the JSON says which part and why.'],
	[
		'0, 1, 2, 3 of preflight',
		'The lock would be granted now; it would wait; usage error or unknown table; could not tell, also without a connection.',
	],
	[
		'0, 1, 2, 3 of check',
		'Ok; warning; critical; unknown: no connection, usage error, or a rule that was asked for could not look.',
	],
	['70', 'A bug in pgtriage. The terminal is restored, and the details are in a file that the message names.'],
	['128 + n', 'Terminated by signal n.'],
];

/** The environment variables that are read, in addition to those of the directories in `files`. */
export const environment: readonly (readonly [string, string])[] = [
	[
		'PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGPASSFILE, PGSSLMODE and the others of libpq',
		'Connection parameters, as in psql; options and connection strings take precedence.',
	],
	['NO_COLOR', 'Disables colors unless it is empty.'],
	['FORCE_COLOR', '0 or false disables colors; any other value enables them, whatever TERM is.'],
	['TERM', 'Decides if there are no, eight or sixteen colors; dumb has no full screen.'],
	['LC_ALL, LC_CTYPE, LANG', 'Only ASCII is written unless the first of them that is set names a UTF-8 locale.'],
	['SSH_CONNECTION', 'Recorded with every action as its origin.'],
];

/** The default paths of the files that are read and written, and the variables that move them. */
export const files: readonly (readonly [string, string])[] = [
	['~/.pgpass', 'Passwords, as in psql.'],
	['~/.pg_service.conf, ~/.postgresql/', 'Services, certificates and certificate authorities, as in psql.'],
	['~/.config/pgtriage/config.json', 'Configuration; under $XDG_CONFIG_HOME if set.'],
	['~/.local/state/pgtriage/audit.ndjson', 'Audit log: every action and its outcome; under $XDG_STATE_HOME if set.'],
	[
		'~/.cache/pgtriage/',
		'Compiled code, for a faster start; under $XDG_CACHE_HOME if set. Not used if others can write to it. Safe to delete.',
	],
];
