import {homedir} from 'node:os';
import {join} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {describe} from '../adapters/connect/connection.ts';
import type {Configured} from '../command-line/configuration.ts';
import type {Invocation} from '../command-line/options.ts';
import {type ConfiguredServers, labelOf} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';
import type {Limits} from '../findings/thresholds.ts';
import {warn} from '../system/standard-streams.ts';
import {abilitiesOf} from '../terminal/abilities.ts';
import {openLead} from './lead.ts';
import {withTarget} from './target.ts';

/** Reports a bug and returns the exit status. */
type Report = (fault: unknown) => number;

/** Configured thresholds and servers. */
export type Settings = Omit<Configured, 'defaults'>;

/** Runs a command and resolves to its exit status; throws a UserError if it cannot run. */
export const runCommand = async (invocation: Invocation, settings: Settings, report: Report): Promise<number> => {
	const {limits} = settings;
	const {ascii} = abilitiesOf(process.env, invocation);
	switch (invocation.command) {
		case 'demo':
			return demo(invocation, settings, report);
		case 'replay':
			return replay({...invocation, ascii}, limits, report);
		case 'report':
			return (await import('./reporting.ts')).reportRecording(invocation, limits);
		case 'check':
			return (await import('./check.ts')).check(invocation, settings);
		case 'export':
			return (await import('./export.ts')).exportServer(invocation, settings);
		case 'preflight':
			return (await import('./preflight.ts')).preflight(invocation, settings);
		case 'fleet':
			return fleet({...invocation, ascii}, settings, report);
		case 'record': {
			const {recordServer} = await import('./headless.ts');
			return withTarget(invocation, settings, target => recordServer(target, invocation, limits));
		}
		default:
			return invocation.once ? once({...invocation, ascii}, settings) : watch(invocation, settings, report);
	}
};

/** Throws a UserError without a terminal that supports a full screen. */
const assertTerminal = ({TERM}: Readonly<Record<string, string | undefined>>): void => {
	const hint = 'Use --once to print a sample, or record FILE.';
	if (!process.stdin.isTTY || !process.stdout.isTTY)
		throw new UserError('stdin and stdout are not both a terminal.', {hint, exitCode: 2});
	if (TERM === 'dumb') throw new UserError('TERM=dumb does not support a full screen.', {hint, exitCode: 2});
};

/** The path of the audit log: the file named, or the user's default. */
const auditFile = ({audit}: Invocation): string => {
	const {XDG_STATE_HOME, HOME} = process.env;
	return audit ?? join(XDG_STATE_HOME || join(HOME || homedir(), '.local', 'state'), 'pgtriage', 'audit.ndjson');
};

/** The reason why actions are off, if they are. */
const readOnlyOf = ({readOnly}: Invocation): string | undefined =>
	readOnly ? 'Actions are off: pgtriage runs with --read-only.' : undefined;

const once = async (invocation: Invocation, settings: Settings): Promise<number> => {
	const headless = await import('./headless.ts');
	return withTarget(invocation, settings, target => headless.once(target, invocation, settings.limits));
};

/** Loads a part of the program after what the server sent was answered: a log-in takes several turns. */
const inTurn = async <Part>(load: () => Promise<Part>): Promise<Part> => {
	await nextTurn();
	await nextTurn();
	return load();
};

/** Loads what a screen needs, in parts of some milliseconds. */
const loadScreen = async () => {
	await inTurn(() => import('../queries/plan.ts'));
	await inTurn(() => import('../findings/index.ts'));
	await inTurn(() => import('../panes/index.ts'));
	const {watchFrom} = await inTurn(() => import('./server.ts'));
	const {onScreen} = await inTurn(() => import('./full-screen.ts'));
	return {watchFrom, onScreen};
};

const watch = async (invocation: Invocation, settings: Settings, report: Report): Promise<number> => {
	const {limits, servers} = settings;
	assertTerminal(process.env);
	const readOnly = readOnlyOf(invocation);
	return withTarget(invocation, settings, async (target, notice) => {
		// The server answers while the rest of the program is loaded.
		const lead = openLead(target, {patient: true});
		const {watchFrom, onScreen} = await loadScreen();
		const {intervalMs, pgbouncer, patroni} = invocation;
		const audit = invocation.readOnly ? undefined : auditFile(invocation);
		const watched = watchFrom(lead, {intervalMs, pgbouncer, patroni, audit});
		const ending = await onScreen(watched, invocation, {
			place: describe(target),
			label: labelOf(servers, target),
			readOnly,
			limits,
			...(notice !== undefined && {notice}),
		});
		if (ending.failure) return ending.failure;
		return ending.fault === undefined ? ending.status : report(ending.fault);
	});
};

const fleet = async (invocation: Invocation, settings: Settings, report: Report): Promise<number> => {
	if (!invocation.once) assertTerminal(process.env);
	const {fleetOf} = await import('./fleet-members.ts');
	const {members, missing, close} = await fleetOf(invocation, settings, process.env);
	try {
		const {limits} = settings;
		if (invocation.once) return await (await import('./fleet-once.ts')).fleetOnce({members, missing}, invocation, limits);
		const {fleetOnScreen} = await import('./fleet.ts');
		const audit = invocation.readOnly ? undefined : auditFile(invocation);
		const ending = await fleetOnScreen({members, missing}, {invocation, limits, audit, readOnly: readOnlyOf(invocation)});
		return ending.fault === undefined ? ending.status : report(ending.fault);
	} finally {
		await close();
	}
};

const replay = async (invocation: Invocation, limits: Limits, report: Report): Promise<number> => {
	if (invocation.once) return (await import('./headless.ts')).replayOnce(invocation, limits);
	assertTerminal(process.env);
	const [{onScreen}, {recordingOf, replayOf}] = await Promise.all([import('./full-screen.ts'), import('./replaying.ts')]);
	const file = invocation.file ?? '';
	const readOnly = 'Actions are off: this is a recording.';
	const ending = await onScreen({source: recordingOf(file), actor: undefined}, invocation, {
		place: `replay of ${file}`,
		readOnly,
		limits,
		replay: replayOf(invocation),
	});
	if (ending.failure) {
		const {message, hint} = ending.failure;
		throw new UserError(message, {exitCode: 1, ...(hint !== undefined && {hint})});
	}
	return ending.fault === undefined ? ending.status : report(ending.fault);
};

/** Settings of servers without the commands that lead to them: the demo has its own server. */
const withoutCommands = ({password_command: _, tunnel: __, ...rest}: ConfiguredServers): ConfiguredServers => rest;

const demo = async (invocation: Invocation, settings: Settings, report: Report): Promise<number> => {
	if (!invocation.once) assertTerminal(process.env);
	const {incidentsOf, startDemo} = await import('../demo/demo.ts');
	incidentsOf(invocation.scenario);
	warn('Starting a demo PostgreSQL server with live incidents …');
	const server = await startDemo({scenario: invocation.scenario, seed: invocation.seed});
	const {host, port, user, database} = server.connection;
	const own = {limits: settings.limits, servers: settings.servers.map(withoutCommands), fleet: []};
	const connection = {positional: undefined, host, port: String(port), user, dbname: database, passwordPrompt: 'never' as const};
	try {
		return await runCommand({...invocation, command: 'monitor', connection, pgbouncer: [], patroni: undefined}, own, report);
	} finally {
		await server.stop();
	}
};
