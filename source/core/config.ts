import {clean, widthOf} from './text/clean.ts';
import {commandWords} from './text/command-words.ts';

/** Levels of one threshold as a configuration file gives them; a level that is absent keeps its default. */
export type Levels = {readonly warning?: number | null; readonly critical?: number | null};

/** Names of the color themes. */
export const themeNames = ['dark', 'light', 'colorblind'] as const;
export type ThemeName = (typeof themeNames)[number];

/** Colors of a label. */
export const labelColors = ['red', 'yellow', 'green', 'cyan', 'blue', 'magenta', 'white'] as const;
export type LabelColor = (typeof labelColors)[number];

/** Label of a server, such as PROD, and its color if it has one. */
export type ServerLabel = {readonly label: string; readonly color?: LabelColor};

/**
 * Settings of servers: those that match all of host, port, service and database that it names, in which `*` is any text. Commands are
 * as they were written.
 */
export type ConfiguredServers = Partial<ServerLabel> & {
	readonly host?: string;
	readonly port?: number;
	readonly service?: string;
	readonly database?: string;
	readonly password_command?: string;
	readonly tunnel?: string;
};

/** A server of the fleet: its connection string, and a label that counts before those of `servers`. */
export type FleetEntry = Partial<ServerLabel> & {readonly connection: string};

/** A valid configuration: defaults of options, which the command line overrides, and levels of thresholds. */
export type Config = {
	readonly options: Readonly<Record<string, string | boolean>>;
	readonly thresholds: Readonly<Record<string, Levels>>;
	/** The first that matches a server and has a key decides about it. */
	readonly servers: readonly ConfiguredServers[];
	/** Servers that `pgtriage fleet` watches if it is given none. */
	readonly fleet: readonly FleetEntry[];
};

/**
 * Names that a configuration file may use: options, by whether they take a value, and thresholds with their default levels; `below`
 * if lower is worse.
 */
export type Allowed = {
	readonly options: Readonly<Record<string, 'value' | 'switch'>>;
	readonly thresholds: Readonly<
		Record<string, {readonly warning: number | null; readonly critical: number | null; readonly below?: true}>
	>;
};

/** The empty configuration. */
export const noConfig: Config = {options: {}, thresholds: {}, servers: [], fleet: []};

const parts = ['options', 'thresholds', 'servers', 'fleet'];

type Checked = {readonly config: Config; readonly problems: readonly string[]};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const named = (name: string): string => clean(JSON.stringify(name));

/** Names the option or threshold that a mistyped name begins like, or lists all. */
const suggestion = (name: string, names: readonly string[]): string => {
	const near = names.find(each => each.startsWith(name.slice(0, 3)));
	return near === undefined ? ` Known names: ${names.join(', ')}.` : ` Did you mean ${near}?`;
};

/**
 * Checks a configuration file, already parsed as JSON. Each problem is a sentence that names its place; the configuration has the
 * parts without problems.
 */
export const checkConfig = (json: unknown, allowed: Allowed): Checked => {
	if (!isObject(json)) return {config: noConfig, problems: ['The configuration must be a JSON object: it begins with {.']};
	const problems = Object.keys(json)
		.filter(key => !parts.includes(key))
		.map(key => `${named(key)} is not known.${suggestion(key, parts)}`);
	const options = optionsIn(json.options, allowed);
	const thresholds = thresholdsIn(json.thresholds, allowed);
	const servers = serversIn(json.servers);
	const fleet = fleetIn(json.fleet);
	return {
		config: {options: options.valid, thresholds: thresholds.valid, servers: servers.valid, fleet: fleet.valid},
		problems: [...problems, ...options.problems, ...thresholds.problems, ...servers.problems, ...fleet.problems],
	};
};

type Part<T> = {readonly valid: Readonly<Record<string, T>>; readonly problems: readonly string[]};

const optionsIn = (json: unknown, {options}: Allowed): Part<string | boolean> => {
	if (json === undefined) return {valid: {}, problems: []};
	if (!isObject(json)) return {valid: {}, problems: ['options must be an object of options by name.']};
	const valid: Record<string, string | boolean> = {};
	const problems: string[] = [];
	for (const [name, value] of Object.entries(json)) {
		const kind = Object.hasOwn(options, name) ? options[name] : undefined;
		if (kind === undefined) problems.push(`options.${named(name)} is not an option.${suggestion(name, Object.keys(options))}`);
		else if (kind === 'switch' && typeof value !== 'boolean') problems.push(`options.${name} must be true or false.`);
		else if (kind === 'value' && typeof value !== 'string')
			problems.push(`options.${name} must be a string, like the value of --${name}.`);
		else valid[name] = value as string | boolean;
	}
	return {valid, problems};
};

const thresholdsIn = (json: unknown, {thresholds}: Allowed): Part<Levels> => {
	if (json === undefined) return {valid: {}, problems: []};
	if (!isObject(json)) return {valid: {}, problems: ['thresholds must be an object of thresholds by name.']};
	const valid: Record<string, Levels> = {};
	const problems: string[] = [];
	for (const [name, levels] of Object.entries(json)) {
		const defaults = Object.hasOwn(thresholds, name) ? thresholds[name] : undefined;
		const wrong = defaults
			? problemOf(name, levels, defaults)
			: `thresholds.${named(name)} is not a threshold.${suggestion(name, Object.keys(thresholds))}`;
		if (wrong === undefined) valid[name] = levels as Levels;
		else problems.push(wrong);
	}
	return {valid, problems};
};

const problemOf = (name: string, json: unknown, defaults: Allowed['thresholds'][string]): string | undefined => {
	const where = `thresholds.${name}`;
	if (!isObject(json)) return `${where} must be an object with "warning" and "critical".`;
	const unknown = Object.keys(json).find(key => key !== 'warning' && key !== 'critical');
	if (unknown !== undefined) return `${where}.${named(unknown)} is not a level: use "warning" and "critical".`;
	for (const [level, value] of Object.entries(json))
		if (value !== null && (typeof value !== 'number' || !Number.isFinite(value) || value < 0))
			return `${where}.${level} must be a number of at least 0, or null for never.`;
	const {warning, critical} = {...defaults, ...(json as Levels)};
	if (warning == null || critical == null) return undefined;
	const isOrdered = defaults.below ? warning >= critical : warning <= critical;
	return isOrdered ? undefined : `${where}: "critical" (${critical}) comes before "warning" (${warning}).`;
};

const mostCells = 20;

const serversIn = (json: unknown): {readonly valid: readonly ConfiguredServers[]; readonly problems: readonly string[]} => {
	if (json === undefined) return {valid: [], problems: []};
	if (!Array.isArray(json)) return {valid: [], problems: ['servers must be a list: it begins with [.']};
	const problems = json.flatMap((entry: unknown, index) => problemOfServer(entry, `servers[${index}]`) ?? []);
	return {valid: problems.length === 0 ? (json as readonly ConfiguredServers[]) : [], problems};
};

const problemOfLabel = ({label, color}: Readonly<Record<string, unknown>>, where: string): string | undefined => {
	if (typeof label !== 'string' || label.trim() === '' || clean(label) !== label || widthOf(label) > mostCells)
		return `${where}.label must be a text of 1 to ${mostCells} visible characters, like "PROD".`;
	if (color !== undefined && !labelColors.some(name => name === color))
		return `${where}.color must be one of ${labelColors.join(', ')}.`;
	return undefined;
};

const fleetIn = (json: unknown): {readonly valid: readonly FleetEntry[]; readonly problems: readonly string[]} => {
	if (json === undefined) return {valid: [], problems: []};
	if (!Array.isArray(json)) return {valid: [], problems: ['fleet must be a list: it begins with [.']};
	const entries = json.map((entry: unknown) => (typeof entry === 'string' ? {connection: entry} : entry));
	const problems = entries.flatMap((entry, index) => problemOfMember(entry, `fleet[${index}]`) ?? []);
	return {valid: problems.length === 0 ? (entries as readonly FleetEntry[]) : [], problems};
};

const problemOfMember = (json: unknown, where: string): string | undefined => {
	if (!isObject(json)) return `${where} must be a connection string, or an object with "connection" and "label".`;
	const keys = ['connection', 'label', 'color'];
	const unknown = Object.keys(json).find(key => !keys.includes(key));
	if (unknown !== undefined) return `${where}.${named(unknown)} is not known.${suggestion(unknown, keys)}`;
	if (typeof json.connection !== 'string' || json.connection.trim() === '')
		return `${where}.connection must be a connection string, like "host=db1 dbname=app".`;
	return json.label === undefined && json.color === undefined ? undefined : problemOfLabel(json, where);
};

const matched = ['host', 'port', 'service', 'database'];
const commands = ['password_command', 'tunnel'];

/** What is wrong with the command of a tunnel, as the end of a sentence about it; undefined if it is valid. */
export const tunnelProblem = (words: readonly string[]): string | undefined =>
	words.some(word => word.includes('{port}')) ? undefined : 'needs {port}, which is replaced by a free local port';

const problemOfCommand = (key: string, json: unknown): string | undefined => {
	const words = typeof json === 'string' ? commandWords(json) : undefined;
	if (words === undefined || words.length === 0) return 'must be a command, with balanced quotes';
	return key === 'tunnel' ? tunnelProblem(words) : undefined;
};

const problemOfServer = (json: unknown, where: string): string | undefined => {
	if (!isObject(json))
		return `${where} must be an object with "host", "port", "service" or "database", and "label", "password_command" or "tunnel".`;
	const keys = [...matched, 'label', 'color', ...commands];
	const unknown = Object.keys(json).find(key => !keys.includes(key));
	if (unknown !== undefined) return `${where}.${named(unknown)} is not known.${suggestion(unknown, keys)}`;
	for (const key of commands) {
		const problem = json[key] === undefined ? undefined : problemOfCommand(key, json[key]);
		if (problem !== undefined) return `${where}.${key} ${problem}.`;
	}
	const {label, color, port} = json;
	const mayLackLabel = label === undefined && color === undefined && commands.some(key => json[key] !== undefined);
	const mark = mayLackLabel ? undefined : problemOfLabel(json, where);
	if (mark !== undefined) return mark;
	if (port !== undefined && !(Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536))
		return `${where}.port must be a whole number from 1 to 65535.`;
	const wrong = ['host', 'service', 'database'].find(
		key => json[key] !== undefined && (typeof json[key] !== 'string' || !json[key]),
	);
	if (wrong !== undefined) return `${where}.${wrong} must be a text, in which * is any text.`;
	if (!matched.some(key => json[key] !== undefined))
		return `${where} matches no server: add "host", "port", "service" or "database"; "host": "*" is every server.`;
	return undefined;
};

/** A server as its connection names it: with several endpoints, any of them decides. */
type NamedServer = {
	readonly endpoints: readonly {readonly host: string; readonly port: number}[];
	readonly service: string | undefined;
	readonly dbname: string;
};

const matches = (pattern: string | undefined, text: string | undefined): boolean => {
	if (pattern === undefined) return true;
	if (text === undefined) return false;
	const expression = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
	return new RegExp(`^${expression.join('.*')}$`, 'is').test(text);
};

const entriesFor = (
	servers: readonly ConfiguredServers[],
	{endpoints, service, dbname}: NamedServer,
): readonly ConfiguredServers[] =>
	servers.filter(
		entry =>
			endpoints.some(({host, port}) => matches(entry.host, host) && (entry.port ?? port) === port) &&
			matches(entry.service, service) &&
			matches(entry.database, dbname),
	);

/** Label of a server: that of the first entry that matches it and has one. */
export const labelOf = (servers: readonly ConfiguredServers[], server: NamedServer): ServerLabel | undefined => {
	const {label, color} = entriesFor(servers, server).find(entry => entry.label !== undefined) ?? {};
	return label === undefined ? undefined : {label, ...(color && {color})};
};

/** True if a configuration names programs to run. */
export const hasCommands = ({options, servers}: Config): boolean =>
	options['password-command'] !== undefined ||
	servers.some(entry => entry.password_command !== undefined || entry.tunnel !== undefined);

/** Command for a server: that of the first entry that matches it and has one. */
export const commandFor = (
	key: 'password_command' | 'tunnel',
	servers: readonly ConfiguredServers[],
	server: NamedServer,
): string | undefined => entriesFor(servers, server).find(entry => entry[key] !== undefined)?.[key];
