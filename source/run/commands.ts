import {homedir} from 'node:os';
import {join} from 'node:path';
import {describe} from '../adapters/connect/connection.ts';
import type {Invocation} from '../command-line/options.ts';
import {UserError} from '../core/values/errors.ts';
import type {Limits} from '../findings/thresholds.ts';
import {watchServer, withTarget} from './server.ts';

/** What takes a mistake of ours and gives the exit status for it. */
type Report = (fault: unknown) => number;

/** Runs a command to its exit status; throws a UserError where it cannot be done. */
export const runCommand = async (wanted: Invocation, limits: Limits, report: Report): Promise<number> => {
	switch (wanted.command) {
		case 'demo':
			return demo(wanted, limits, report);
		case 'replay':
			return replay(wanted, limits, report);
		case 'report':
			return (await import('./reporting.ts')).reportRecording(wanted, limits);
		case 'record': {
			const {recordServer} = await import('./headless.ts');
			return withTarget(wanted, target => recordServer(target, wanted));
		}
		default:
			return wanted.once ? once(wanted, limits) : watch(wanted, limits, report);
	}
};

/** Throws a UserError where there is no terminal to draw on. */
const assertTerminal = ({TERM}: Readonly<Record<string, string | undefined>>): void => {
	const hint = 'Use --once to print, or record FILE.';
	if (!process.stdin.isTTY || !process.stdout.isTTY) throw new UserError('There is no terminal to draw on.', {hint, exitCode: 2});
	if (TERM === 'dumb') throw new UserError('TERM=dumb is a terminal that cannot be drawn on.', {hint, exitCode: 2});
};

/** Where what is done to servers is written down: the file that was named, or the place for a user's own state. */
const auditFile = ({audit}: Invocation): string => {
	const {XDG_STATE_HOME, HOME} = process.env;
	return audit ?? join(XDG_STATE_HOME || join(HOME || homedir(), '.local', 'state'), 'pgtriage', 'audit.ndjson');
};

const once = async (wanted: Invocation, limits: Limits): Promise<number> => {
	const headless = await import('./headless.ts');
	return withTarget(wanted, target => headless.once(target, wanted, limits));
};

const watch = async (wanted: Invocation, limits: Limits, report: Report): Promise<number> => {
	assertTerminal(process.env);
	const readOnly = wanted.readOnly ? 'pgtriage runs with --read-only: no action exists in it.' : undefined;
	return withTarget(wanted, async target => {
		// The server answers while the rest of the program is read.
		const {intervalMs, pgbouncer} = wanted;
		const watched = watchServer(target, {intervalMs, pgbouncer, ...(wanted.readOnly ? {} : {audit: auditFile(wanted)})});
		const {onScreen} = await import('./full-screen.ts');
		const ending = await onScreen(watched, wanted, {place: describe(target), readOnly, limits});
		if (ending.failure) return ending.failure;
		return ending.fault === undefined ? ending.status : report(ending.fault);
	});
};

const replay = async (wanted: Invocation, limits: Limits, report: Report): Promise<number> => {
	if (wanted.once) return (await import('./headless.ts')).replayOnce(wanted, limits);
	assertTerminal(process.env);
	const {onScreen, recordingOf, replayOf} = await import('./full-screen.ts');
	const file = wanted.file ?? '';
	const readOnly = 'This is a recording: nothing reaches its server.';
	const ending = await onScreen({source: recordingOf(file), actor: undefined}, wanted, {
		place: `replay of ${file}`,
		readOnly,
		limits,
		replay: replayOf(wanted),
	});
	if (ending.failure) {
		const {message, hint} = ending.failure;
		throw new UserError(message, {exitCode: 1, ...(hint !== undefined && {hint})});
	}
	return ending.fault === undefined ? ending.status : report(ending.fault);
};

const demo = async (wanted: Invocation, limits: Limits, report: Report): Promise<number> => {
	if (!wanted.once) assertTerminal(process.env);
	const {incidentsOf, startDemo} = await import('../demo/demo.ts');
	incidentsOf(wanted.scenario);
	process.stderr.write('Starting a PostgreSQL with a shop and its incidents …\n');
	const running = await startDemo({scenario: wanted.scenario, seed: wanted.seed});
	const {host, port, user, database} = running.connection;
	const connection = {positional: undefined, host, port: String(port), user, dbname: database, passwordPrompt: 'never' as const};
	try {
		return await runCommand({...wanted, command: 'monitor', connection, pgbouncer: undefined}, limits, report);
	} finally {
		await running.stop();
	}
};
