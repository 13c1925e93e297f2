import {homedir} from 'node:os';
import {join} from 'node:path';
import {describe} from '../adapters/connect/connection.ts';
import type {Configured} from '../command-line/configuration.ts';
import type {Invocation} from '../command-line/options.ts';
import {labelOf} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';
import type {Limits} from '../findings/thresholds.ts';
import {warn} from '../system/standard-streams.ts';
import {abilitiesOf} from '../terminal/abilities.ts';
import {watchServer, withTarget} from './server.ts';

/** Reports a bug and returns the exit status. */
type Report = (fault: unknown) => number;

/** Configured thresholds and labels. */
type Settings = Pick<Configured, 'limits' | 'servers'>;

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
			return (await import('./check.ts')).check(invocation, limits);
		case 'export':
			return (await import('./export.ts')).exportServer(invocation, limits);
		case 'preflight':
			return (await import('./preflight.ts')).preflight(invocation);
		case 'record': {
			const {recordServer} = await import('./headless.ts');
			return withTarget(invocation, target => recordServer(target, invocation, limits));
		}
		default:
			return invocation.once ? once({...invocation, ascii}, limits) : watch(invocation, settings, report);
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

const once = async (invocation: Invocation, limits: Limits): Promise<number> => {
	const headless = await import('./headless.ts');
	return withTarget(invocation, target => headless.once(target, invocation, limits));
};

const watch = async (invocation: Invocation, {limits, servers}: Settings, report: Report): Promise<number> => {
	assertTerminal(process.env);
	const readOnly = invocation.readOnly ? 'Actions are off: pgtriage runs with --read-only.' : undefined;
	return withTarget(invocation, async (target, notice) => {
		// The server answers while the rest of the program loads.
		const {intervalMs, pgbouncer} = invocation;
		const watched = watchServer(target, {intervalMs, pgbouncer, ...(invocation.readOnly ? {} : {audit: auditFile(invocation)})});
		const {onScreen} = await import('./full-screen.ts');
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

const replay = async (invocation: Invocation, limits: Limits, report: Report): Promise<number> => {
	if (invocation.once) return (await import('./headless.ts')).replayOnce(invocation, limits);
	assertTerminal(process.env);
	const {onScreen, recordingOf, replayOf} = await import('./full-screen.ts');
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

const demo = async (invocation: Invocation, settings: Settings, report: Report): Promise<number> => {
	if (!invocation.once) assertTerminal(process.env);
	const {incidentsOf, startDemo} = await import('../demo/demo.ts');
	incidentsOf(invocation.scenario);
	warn('Starting a demo PostgreSQL server with live incidents …');
	const server = await startDemo({scenario: invocation.scenario, seed: invocation.seed});
	const {host, port, user, database} = server.connection;
	const connection = {positional: undefined, host, port: String(port), user, dbname: database, passwordPrompt: 'never' as const};
	try {
		return await runCommand({...invocation, command: 'monitor', connection, pgbouncer: []}, settings, report);
	} finally {
		await server.stop();
	}
};
