import {type Actor, createActor} from '../adapters/act/actor.ts';
import {createAdmin} from '../adapters/act/admin.ts';
import {createAudit} from '../adapters/act/audit.ts';
import {createMaintainer} from '../adapters/act/maintainer.ts';
import {createMeasurer, type Measurer} from '../adapters/act/measurer.ts';
import {createSignaller} from '../adapters/act/signaller.ts';
import {type ConnectionTarget, describe, placed} from '../adapters/connect/connection.ts';
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
import {openLane} from '../adapters/session/lane.ts';
import type {Rotation} from '../core/recording/rotation.ts';
import type {Note} from '../core/sample/journal.ts';
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
import {type Lead, openLead} from './lead.ts';

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

/** Watches a target; see `watchFrom`. */
export const watchServer = (target: ConnectionTarget, watching: Watching): Watched =>
	watchFrom(openLead(target, {patient: watching.eager !== true}), watching);

/**
 * Opens the other lanes to the server of a lead: a second read-only one, and one for actions unless they are off. On a screen they
 * follow when the first rows are shown, which would wait for them on a machine with few CPUs.
 */
export const watchFrom = ({target, door, traffic, journal, activity, list}: Lead, watching: Watching): Watched => {
	const {intervalMs, audit, pgbouncer = [], mostWaitMs, eager = false} = watching;
	const besideMs = eager ? patientMs : impatientMs;
	const currentTarget = (): ConnectionTarget => placed(target, target.whereabouts?.site()?.endpoint ?? target);
	const {note} = journal;
	const headStart = eager ? undefined : createHeadStart();
	const common = {door, traffic, patient: !eager, note, ...(headStart && {after: headStart.over})};
	const rest = openLane(target, {...common, readOnly: true, statementTimeoutMs: patienceMs});
	const actions = audit !== undefined ? openLane(target, {...common, readOnly: false}) : undefined;
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
			list,
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
			...(headStart && {firstShown: headStart.over}),
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
	const all = actions ? withRolesAtHand(polled, actions) : polled;
	const source = headStart?.until(all, activity) ?? all;
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
