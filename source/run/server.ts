import {type Actor, createActor} from '../adapters/act/actor.ts';
import {createAdmin} from '../adapters/act/admin.ts';
import {createAudit} from '../adapters/act/audit.ts';
import {createJournal} from '../adapters/act/journal.ts';
import {createMaintainer} from '../adapters/act/maintainer.ts';
import {createMeasurer, type Measurer} from '../adapters/act/measurer.ts';
import {createSignaller} from '../adapters/act/signaller.ts';
import {type ConnectionTarget, describe, placed, withPassword} from '../adapters/connect/connection.ts';
import {createWhereabouts} from '../adapters/connect/whereabouts.ts';
import {createExplainer} from '../adapters/explain/explainer.ts';
import {createHostReading} from '../adapters/host/host.ts';
import {createNeighbourhood} from '../adapters/host/neighbour.ts';
import {createProcessReading} from '../adapters/host/process-figures.ts';
import {createTempFilesetReading} from '../adapters/host/temp-filesets.ts';
import {resolvePatroni} from '../adapters/patroni/address.ts';
import {createPatroni} from '../adapters/patroni/patroni.ts';
import {createPoolerAdmin} from '../adapters/pgbouncer/pooler-admin.ts';
import {createPoolers} from '../adapters/pgbouncer/poolers.ts';
import {resolvePooler} from '../adapters/pgbouncer/target.ts';
import {createHeadStart} from '../adapters/poll/head-start.ts';
import {live} from '../adapters/poll/poller.ts';
import {withRightsSeen} from '../adapters/poll/rights-seen.ts';
import {withRolesAtHand} from '../adapters/poll/roles-at-hand.ts';
import {createServerLog} from '../adapters/poll/server-log.ts';
import type {Recorder} from '../adapters/record/recorder.ts';
import {createDoor} from '../adapters/session/door.ts';
import {openLane} from '../adapters/session/lane.ts';
import type {Invocation} from '../command-line/options.ts';
import type {Rotation} from '../core/recording/rotation.ts';
import type {Note} from '../core/sample/journal.ts';
import type {Failure} from '../core/sample/sample.ts';
import type {Source} from '../core/state/source.ts';
import {UserError} from '../core/values/errors.ts';
import type {Instant} from '../core/values/instant.ts';
import {registry} from '../panes/index.ts';
import {host, processes} from '../queries/beside/host.ts';
import {measured} from '../queries/beside/measured.ts';
import {patroniCluster, patroniMembers} from '../queries/beside/patroni.ts';
import {heart, type PollState, type Readings} from '../queries/plan.ts';
import {tempFilesets} from '../queries/storage/temp-files.ts';
import {codeOf, isForeign} from '../system/own-file.ts';
import {warn} from '../system/standard-streams.ts';
import {type Access, type Connections, createAccess} from './access.ts';

/** The outcome of a command: an exit status, or the failure to reach the server. */
export type Outcome = number | Failure;

/** A watched server: its samples, the actor unless actions are off, the measurer of tables, and the journal of what is sent. */
export type Watched = {
	readonly source: Source;
	readonly actor: Actor | undefined;
	readonly measurer?: Measurer;
	readonly note?: Note;
};

// In a lock storm reading pg_locks takes this long and cannot be interrupted: giving up would only leave a hanging backend
// behind, while a log-in takes ten seconds.
const patienceMs = 30_000;
// CPU time that reading /proc may take per tick of one second.
const processesMs = 5;
// A screen waits this long for PgBouncer and Patroni at most; a printed sample waits for a log-in and an answer.
const impatientMs = 100;
const patientMs = 4000;

/** The options for watching a server. */
export type Watching = {
	readonly intervalMs: number;
	/** The path of the audit log; without one actions are off. */
	readonly audit?: string | undefined;
	/** The connection strings of PgBouncer consoles. */
	readonly pgbouncer?: readonly string[] | undefined;
	/** The REST API of a Patroni member. */
	readonly patroni?: string | undefined;
	/** Milliseconds that a sample waits for the answers of its tick. */
	readonly mostWaitMs?: number;
	/** Every watched query is asked in every tick, whatever its cadence. */
	readonly eager?: boolean;
};

/**
 * Opens the lanes to a target: two read-only ones, and one for actions unless they are off. On a screen the others follow when the
 * first list of sessions is there, which would wait for them on a machine with few CPUs.
 */
export const watchServer = (connection: ConnectionTarget, watching: Watching): Watched => {
	const {intervalMs, audit, pgbouncer = [], mostWaitMs, eager = false} = watching;
	const besideMs = eager ? patientMs : impatientMs;
	const whereabouts = createWhereabouts();
	const target = {...connection, whereabouts};
	const currentTarget = (): ConnectionTarget => placed(target, whereabouts.site()?.endpoint ?? target);
	const journal = createJournal();
	const {note} = journal;
	// Who prints once is often a script, and has its answer sooner.
	const common = {door: createDoor(target), patient: !eager, note};
	const headStart = createHeadStart();
	const after = eager ? {} : {after: headStart.over};
	const activity = openLane(target, {...common, leads: true, readOnly: true});
	const rest = openLane(target, {...common, ...after, readOnly: true, statementTimeoutMs: patienceMs});
	const actions = audit !== undefined ? openLane(target, {...common, ...after, readOnly: false}) : undefined;
	const lanes = {activity, rest, ...(actions && {actions})};
	const neighbour = createNeighbourhood(currentTarget, () => [activity, rest].flatMap(lane => lane.status().pid ?? []));
	const measurer = createMeasurer(target, note);
	const explainer = audit === undefined ? undefined : createExplainer(target, note);
	const consoles = pgbouncer.map(text => resolvePooler(text, target.user, process.env));
	const pooler = consoles.length === 0 ? undefined : createPoolers(consoles, {mostWaitMs: besideMs, note});
	const patroni = patroniOf(watching.patroni, besideMs, currentTarget);
	const {source: polled, belongingTo} = withRightsSeen(
		live({
			lanes,
			intervalMs,
			queriesOf: pane => registry.pane(pane).queries,
			readings: {
				[host.name]: createHostReading(neighbour),
				[tempFilesets.name]: createTempFilesetReading(neighbour),
				[processes.name]: createProcessReading(neighbour, {
					budgetMs: eager ? Number.POSITIVE_INFINITY : processesMs,
					twice: eager,
				}),
				[measured.name]: async state => measurer.rows(state),
				...createServerLog(rest),
				...pooler?.readings,
				...patroni?.readings,
			},
			pids: () => [...measurer.pids(), ...(explainer?.pids() ?? [])],
			sent: journal.rows,
			eager,
			...(mostWaitMs !== undefined && {mostWaitMs}),
		}),
	);
	const actor =
		actions &&
		explainer &&
		audit !== undefined &&
		createActor({
			signaller: createSignaller([actions, activity], target.user, note, belongingTo),
			maintainer: createMaintainer(target, note, belongingTo),
			admin: createAdmin(target, note),
			poolerAdmin: pooler && createPoolerAdmin(consoles, {note, onEnded: pooler.refresh}),
			explainer,
			audit: createAudit(audit, () => describe(currentTarget()), process.env.SSH_CONNECTION),
			note,
		});
	const source = headStart.until(actions ? withRolesAtHand(polled, actions) : polled, activity);
	const end = (): void => {
		pooler?.stop();
		patroni?.stop();
	};
	return {source: endingWith(source, end), actor: actor || undefined, measurer, note};
};

/** Readings of the cluster whose member has this REST API, and what ends them; undefined without an address. */
const patroniOf = (url: string | undefined, mostWaitMs: number, connection: () => ConnectionTarget) => {
	if (url === undefined) return undefined;
	const {cluster, members, stop} = createPatroni(resolvePatroni(url), {mostWaitMs, connection});
	const clock = ({results}: PollState): Instant => results[heart.name]?.at ?? '';
	const readings: Readings = {
		[patroniCluster.name]: poll => cluster(clock(poll)),
		[patroniMembers.name]: poll => members(clock(poll)),
	};
	return {readings, stop};
};

/** A source that ends something else too when it stops. */
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

/** Runs a command over a target; `notice` is a sentence about the choice of the target, for the person. */
type Connect = (target: ConnectionTarget, notice?: string) => Promise<Outcome>;

// Every server has it, unless somebody dropped it.
const lastDatabase = 'postgres';

/**
 * Connects, once more with a typed password if the server asks for one that was not given, and once more to `postgres` if no
 * database was named and the role's own does not exist; throws a UserError on failure.
 */
export const withTarget = async (invocation: Invocation, connections: Connections, connect: Connect): Promise<number> => {
	const access = await createAccess(invocation, connections, process.env);
	try {
		await access.open();
		return await connectTo(access, connect);
	} finally {
		await access.close();
	}
};

const connectTo = async (access: Access, connect: Connect): Promise<number> => {
	const ask = createAsk();
	const target = access.target();
	let outcome = await connectAsking(target, connect, ask);
	if (isFailure(outcome, '3D000') && !target.isDatabaseNamed && target.dbname !== lastDatabase) {
		const notice = `Database "${target.dbname}" does not exist; using ${lastDatabase} instead. Use -d to choose another.`;
		warn(`pgtriage: ${notice}`);
		outcome = await connectAsking(access.target(lastDatabase), at => connect(at, notice), ask);
	}
	if (typeof outcome === 'number') return outcome;
	const {message, hint} = outcome;
	throw new UserError(message, {exitCode: 1, ...(hint !== undefined && {hint})});
};

const isFailure = (outcome: Outcome, code: string): boolean => typeof outcome === 'object' && outcome.code === code;

/** Asks for the password of a role, once in a process. */
type Ask = {readonly password: (user: string) => Promise<string>; readonly hasAsked: () => boolean};

const createAsk = (): Ask => {
	let typed: string | undefined;
	return {
		password: async user => {
			const {askPassword} = await import('../adapters/connect/ask-password.ts');
			typed ??= await askPassword(`Password for user ${user}: `);
			return typed;
		},
		hasAsked: () => typed !== undefined,
	};
};

const connectAsking = async (target: ConnectionTarget, connect: Connect, ask: Ask): Promise<Outcome> => {
	const typing = async (): Promise<ConnectionTarget> => withPassword(target, await ask.password(target.user));
	const outcome = await connect(target.passwordPrompt === 'always' || ask.hasAsked() ? await typing() : target);
	const mayAsk = target.passwordPrompt === 'asked' && process.stdin.isTTY && process.stderr.isTTY;
	return isFailure(outcome, 'no_password') && mayAsk ? connect(await typing()) : outcome;
};

/** Opens the file of a recording; throws a UserError if it cannot be written. */
export const openRecorder = async (file: string, intervalMs: number, rotation: Rotation): Promise<Recorder> => {
	try {
		const {record} = await import('../adapters/record/recorder.ts');
		return await record(file, intervalMs, rotation);
	} catch (error) {
		if (error instanceof UserError) throw error;
		const hint = 'Choose a file in a directory that you can write to.';
		if (isForeign(error))
			throw new UserError(`${file} is not a file of yours, or leads to it by a link of another user.`, {hint, exitCode: 1});
		throw new UserError(`${file} cannot be written (${codeOf(error)}).`, {hint, exitCode: 1});
	}
};
