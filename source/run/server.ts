import {type Actor, createActor} from '../adapters/act/actor.ts';
import {createAdmin} from '../adapters/act/admin.ts';
import {createAudit} from '../adapters/act/audit.ts';
import {createJournal} from '../adapters/act/journal.ts';
import {createMaintainer} from '../adapters/act/maintainer.ts';
import {createMeasurer, type Measurer} from '../adapters/act/measurer.ts';
import {createSignaller} from '../adapters/act/signaller.ts';
import {type ConnectionTarget, describe, placed, resolveConnection, withPassword} from '../adapters/connect/connection.ts';
import {createWhereabouts} from '../adapters/connect/whereabouts.ts';
import {createExplainer} from '../adapters/explain/explainer.ts';
import {createHostReading} from '../adapters/host/host.ts';
import {createNeighbourhood} from '../adapters/host/neighbour.ts';
import {createProcessReading} from '../adapters/host/process-figures.ts';
import {createPooler, resolvePooler} from '../adapters/pgbouncer.ts';
import {live} from '../adapters/poll/poller.ts';
import {withRolesAtHand} from '../adapters/poll/roles-at-hand.ts';
import {type Recorder, record} from '../adapters/record/recorder.ts';
import {createDoor} from '../adapters/session/door.ts';
import {openLane} from '../adapters/session/lane.ts';
import type {Invocation} from '../command-line/options.ts';
import type {Rotation} from '../core/recording/rotation.ts';
import type {Note} from '../core/sample/journal.ts';
import type {Failure} from '../core/sample/sample.ts';
import type {Source} from '../core/state/source.ts';
import {UserError} from '../core/values/errors.ts';
import {registry} from '../panes/index.ts';
import {host, processes} from '../queries/host.ts';
import {measured} from '../queries/measured.ts';
import {poolerConnections} from '../queries/pgbouncer.ts';

/** What a command came to: an exit status, or why the server could not be had. */
export type Outcome = number | Failure;

/** A server being watched: its samples, what acts on it unless no action exists, what measures tables, the journal of what is sent. */
export type Watched = {
	readonly source: Source;
	readonly actor: Actor | undefined;
	readonly measurer?: Measurer;
	readonly note?: Note;
};

// In a lock storm the locks themselves take this long to be read, and cannot be interrupted: giving up would only leave a
// hanging backend behind, and a log-in takes ten seconds then.
const patienceMs = 30_000;
// Of a tick of a second this much of a processor goes into looking at processes.
const processesMs = 5;
// Nothing else waits longer for a PgBouncer; who prints one sample waits for a log-in and an answer.
const impatientMs = 100;
const patientMs = 4000;

/** How a server is watched. */
export type Watching = {
	readonly intervalMs: number;
	/** The file that holds what was done; without one no action exists. */
	readonly audit?: string | undefined;
	/** The connection string of a PgBouncer's console. */
	readonly pgbouncer?: string | undefined;
	/** A sample waits this long for what is asked in its tick. */
	readonly mostWaitMs?: number;
	/** Everything that is watched is asked in every tick, whatever its cadence. */
	readonly eager?: boolean;
};

/** Opens the lanes to a target at once: two that read, and one for actions where these are wanted. */
export const watchServer = (wanted: ConnectionTarget, watching: Watching): Watched => {
	const {intervalMs, audit, pgbouncer, mostWaitMs, eager = false} = watching;
	const whereabouts = createWhereabouts();
	const target = {...wanted, whereabouts};
	const there = (): ConnectionTarget => placed(target, whereabouts.site()?.endpoint ?? target);
	const sent = createJournal();
	const {note} = sent;
	const common = {door: createDoor(target), note};
	const activity = openLane(target, {...common, leads: true, readOnly: true});
	const rest = openLane(target, {...common, readOnly: true, statementTimeoutMs: patienceMs});
	const actions = audit !== undefined ? openLane(target, {...common, readOnly: false}) : undefined;
	const lanes = {activity, rest, ...(actions && {actions})};
	const neighbour = createNeighbourhood(there, () => [activity, rest].flatMap(lane => lane.status().pid ?? []));
	const measurer = createMeasurer(target, note);
	const explainer = audit === undefined ? undefined : createExplainer(target, note);
	const pooler =
		pgbouncer === undefined
			? undefined
			: createPooler(resolvePooler(pgbouncer, target.user, process.env), {mostWaitMs: eager ? patientMs : impatientMs, note});
	const polled = live({
		lanes,
		intervalMs,
		queriesOf: pane => registry.pane(pane).queries,
		readings: {
			[host.name]: createHostReading(neighbour),
			[processes.name]: createProcessReading(neighbour, {
				budgetMs: eager ? Number.POSITIVE_INFINITY : processesMs,
				twice: eager,
			}),
			[measured.name]: async known => measurer.rows(known),
			...(pooler && {[poolerConnections.name]: pooler.rows}),
		},
		pids: () => [...measurer.pids(), ...(explainer?.pids() ?? [])],
		sent: sent.rows,
		eager,
		...(mostWaitMs !== undefined && {mostWaitMs}),
	});
	const actor =
		actions &&
		explainer &&
		audit !== undefined &&
		createActor({
			signaller: createSignaller([actions, activity], target.user, note),
			maintainer: createMaintainer(target, note),
			admin: createAdmin(target, note),
			explainer,
			audit: createAudit(audit, () => describe(there()), process.env.SSH_CONNECTION),
			note,
		});
	const source = actions ? withRolesAtHand(polled, actions) : polled;
	return {source: pooler ? endingWith(source, pooler.stop) : source, actor: actor || undefined, measurer, note};
};

/** A source whose end is that of something else too. */
const endingWith =
	(source: Source, end: () => void): Source =>
	dispatch => {
		const feed = source(dispatch);
		return {
			...feed,
			stop: async () => {
				end();
				await feed.stop();
			},
		};
	};

/** Runs what connects, and once more with a typed password where the server wants one that nobody has given. Throws a UserError. */
export const withTarget = async (
	wanted: Invocation,
	connect: (target: ConnectionTarget) => Promise<Outcome>,
): Promise<number> => {
	const target = resolveConnection(wanted.connection, process.env);
	const ask = async (): Promise<ConnectionTarget> => {
		const {askPassword} = await import('../adapters/connect/ask-password.ts');
		return withPassword(target, await askPassword(`Password for user ${target.user}: `));
	};
	let outcome = await connect(target.passwordPrompt === 'always' ? await ask() : target);
	const asks = target.passwordPrompt === 'asked' && process.stdin.isTTY && process.stderr.isTTY;
	if (typeof outcome === 'object' && outcome.code === 'no_password' && asks) outcome = await connect(await ask());
	if (typeof outcome === 'number') return outcome;
	const {message, hint} = outcome;
	throw new UserError(message, {exitCode: 1, ...(hint !== undefined && {hint})});
};

/** Opens the file of a recording; throws a UserError where it cannot be written. */
export const openRecorder = async (file: string, intervalMs: number, rotation: Rotation): Promise<Recorder> => {
	try {
		return await record(file, intervalMs, rotation);
	} catch (error) {
		if (error instanceof UserError) throw error;
		const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
		throw new UserError(`${file} cannot be written${why}.`, {hint: 'Name a file in a folder of yours.', exitCode: 1});
	}
};
