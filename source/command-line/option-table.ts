import {scenarios} from '../demo/scenarios.ts';

/** One option of the command line: what drives parsing, help and the README. */
export type Flag = {
	readonly name: string;
	readonly short?: string;
	readonly value?: string;
	readonly many?: boolean;
	/** It may stand in the configuration file. */
	readonly lasting?: true;
	readonly group: 'Connection' | 'What is shown' | 'Without a screen' | 'Appearance' | 'Demo' | 'Program';
	readonly help: string;
};

/** Every option, in the order of the help. */
export const flags: readonly Flag[] = [
	{name: 'host', short: 'h', value: 'HOST', group: 'Connection', help: 'Server or directory of its unix socket.'},
	{name: 'port', short: 'p', value: 'PORT', group: 'Connection', help: 'Port of the server.'},
	{name: 'username', short: 'U', value: 'USER', group: 'Connection', help: 'Role to log in as.'},
	{name: 'dbname', short: 'd', value: 'DBNAME', group: 'Connection', help: 'Database, connection string or URI.'},
	{name: 'password', short: 'W', group: 'Connection', help: 'Ask for the password before connecting.'},
	{name: 'never-ask', short: 'w', group: 'Connection', help: 'Never ask for a password; also --no-password.'},
	{
		name: 'pgbouncer',
		value: 'CONNINFO',
		lasting: true,
		group: 'Connection',
		help: 'Console of a PgBouncer, to show the clients behind its sessions: host=10.0.0.7 user=stats.',
	},
	{name: 'interval', value: '1s', lasting: true, group: 'What is shown', help: 'Time between refreshes, 250ms to 60s.'},
	{
		name: 'pane',
		value: 'ID',
		many: true,
		lasting: true,
		group: 'What is shown',
		help: 'Pane to start with; with --once to print, repeatable, or "all".',
	},
	{
		name: 'filter',
		value: 'EXPR',
		group: 'What is shown',
		help: 'Rows to show, in the language of the key /; of several panes those that have its columns.',
	},
	{name: 'sort', value: 'COLUMN[:desc]', group: 'What is shown', help: 'Order of the rows.'},
	{name: 'min-duration', value: '500ms', group: 'What is shown', help: 'Only what has lasted at least this long.'},
	{name: 'database', value: 'NAME', group: 'What is shown', help: 'Only sessions of this database.'},
	{name: 'user', value: 'NAME', group: 'What is shown', help: 'Only sessions of this role.'},
	{name: 'application', value: 'NAME', group: 'What is shown', help: 'Only sessions of this application.'},
	{name: 'read-only', lasting: true, group: 'What is shown', help: 'No action exists in this process.'},
	{
		name: 'audit',
		value: 'FILE',
		lasting: true,
		group: 'What is shown',
		help: 'Where every action is written down; ~/.local/state/pgtriage/audit.ndjson unless named.',
	},
	{
		name: 'record',
		value: 'FILE',
		group: 'What is shown',
		help: 'Record every sample into FILE while watching; .zst and .gz are compressed.',
	},
	{
		name: 'rotate',
		value: 'LIMIT',
		many: true,
		group: 'What is shown',
		help: 'Go on recording in a new file at this size or age: 100MB, 1h, or both.',
	},
	{
		name: 'keep',
		value: 'N',
		group: 'What is shown',
		help: 'With --rotate: how many older files of a recording stay; all unless told.',
	},
	{name: 'history', value: '64MB', lasting: true, group: 'What is shown', help: 'Memory for past samples; 512MB of a recording.'},
	{name: 'once', group: 'Without a screen', help: 'Sample, print, exit; where rates are asked for, sample twice.'},
	{
		name: 'format',
		value: 'FORMAT',
		group: 'Without a screen',
		help: 'json, ndjson, csv or text; text on a terminal, json in a pipe. Of a report md or json, md unless told.',
	},
	{
		name: 'at',
		value: 'TIME',
		group: 'Without a screen',
		help: 'With replay: the moment to begin at, also as 14:30; with --once the one to print.',
	},
	{
		name: 'from',
		value: 'TIME',
		group: 'Without a screen',
		help: 'With report: where it begins, as 14:30 or 2026-11-22T14:30:00Z.',
	},
	{name: 'to', value: 'TIME', group: 'Without a screen', help: 'With report: where it ends.'},
	{
		name: 'with-literals',
		group: 'Without a screen',
		help: 'With report: statements with their literals, which are ? otherwise.',
	},
	{
		name: 'output',
		value: 'FILE',
		group: 'Without a screen',
		help: 'With report: a new file for it, instead of stdout.',
	},
	{name: 'no-color', lasting: true, group: 'Appearance', help: 'No colours; also with NO_COLOR set.'},
	{name: 'ascii', lasting: true, group: 'Appearance', help: 'Nothing but ASCII in lines and marks.'},
	{name: 'theme', value: 'NAME', lasting: true, group: 'Appearance', help: 'dark or light.'},
	{name: 'scenario', value: 'NAME', group: 'Demo', help: `Only this incident: ${scenarios.join(', ')}.`},
	{name: 'seed', value: 'N', group: 'Demo', help: 'Seed of the workload.'},
	{
		name: 'config',
		value: 'FILE',
		group: 'Program',
		help: 'The configuration; ~/.config/pgtriage/config.json unless named, and with none there is none.',
	},
	{name: 'help', group: 'Program', help: 'Print this.'},
	{name: 'version', group: 'Program', help: 'Print the version.'},
];

/** The ways to call the program: how it is written, and what that is. */
export const usages: readonly (readonly [string, string])[] = [
	['pgtriage [connection string | database] [options]', 'the monitor'],
	['pgtriage demo [--scenario NAME] [--seed N]', 'a real PostgreSQL with live incidents, and the monitor on it'],
	['pgtriage record FILE [connection] [options]', 'no screen: every sample into FILE until stopped'],
	['pgtriage replay FILE [--once]', 'the same screen over a recording'],
	['pgtriage report FILE [--from TIME] [--to TIME]', 'what happened in a recording, as Markdown'],
	['pgtriage config check', 'what is wrong with the configuration'],
	['pgtriage completion bash|zsh|fish', 'what that shell reads to complete all this'],
];

/** What the exit status says. */
export const exitCodes: readonly (readonly [string, string])[] = [
	['0', 'Fine.'],
	['1', 'No connection, or lost for good; a file that cannot be read or written.'],
	['2', 'Wrong usage.'],
	['3', 'Printed, but a part of what was asked for is missing; the JSON says which and why.'],
	['70', 'A bug in pgtriage. The terminal is restored, and what is known is in a file that it names.'],
	['128 + n', 'Ended by signal n.'],
];

/** The variables of the environment that are heeded, beside those of the directories in `files`. */
export const environment: readonly (readonly [string, string])[] = [
	[
		'PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGPASSFILE, PGSSLMODE and the others of libpq',
		'The connection, as psql reads it; options and connection strings win over them.',
	],
	['NO_COLOR', 'No colours, unless it is empty.'],
	['LC_ALL, LC_CTYPE, LANG', 'Where the first of them that is set is C or POSIX, lines and marks are ASCII.'],
	['SSH_CONNECTION', 'Written down beside every action, to say where it came from.'],
];

/** The files that are read and written unless others are named, and what moves them. */
export const files: readonly (readonly [string, string])[] = [
	['~/.pgpass', 'Passwords, as for psql.'],
	['~/.pg_service.conf, ~/.postgresql/', 'Services, certificates and authorities, as for psql.'],
	['~/.config/pgtriage/config.json', 'The configuration; below $XDG_CONFIG_HOME where that is set.'],
	['~/.local/state/pgtriage/audit.ndjson', 'Every action and what came of it; below $XDG_STATE_HOME where that is set.'],
	['~/.cache/pgtriage/', 'Compiled code, to start faster; below $XDG_CACHE_HOME where that is set. It may be deleted.'],
];
