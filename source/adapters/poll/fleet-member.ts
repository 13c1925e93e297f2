import {decode, sqlFor} from '../../core/sample/query.ts';
import type {Failure, RefusedFields} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import type {FleetDisk, FleetServer} from '../../queries/beside/fleet.ts';
import {type FleetMemberState, fleetMember} from '../../queries/server/fleet-member.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {createWhereabouts} from '../connect/whereabouts.ts';
import {openLane} from '../session/lane.ts';
import {versionOf} from '../session/lanes.ts';
import {createDuty} from './duty.ts';
import {isTransient} from './failures.ts';
import {type DiskWatch, type OpenDisks, unknownDisk, watchDisk} from './fleet-disk.ts';
import {createRefusals} from './refusals.ts';

/** A server of a fleet: its address, unique among them, its label, and how to log in. */
export type FleetMember = {readonly server: string; readonly label: string; readonly target: ConnectionTarget};

/** The connection to one server of a fleet, which only ever carries the narrow question, and those about its disks if they are near. */
export type MemberWatch = {
	/** Asks the server unless it is being asked or has to rest; resolves when it has answered or failed. */
	readonly ask: () => Promise<void>;
	/** True while an answer is awaited. */
	readonly isAsking: () => boolean;
	/** What is known of it; `now` is our clock, and an answer older than `staleMs` no longer counts. */
	readonly row: (now: (ms: number) => Instant, staleMs: number) => FleetServer;
	/** Fields that the server refuses, and the failure to ask it. */
	readonly missing: () => readonly RefusedFields[];
	/** Logs in at once, and asks for everything again. */
	readonly retry: () => void;
	readonly close: () => Promise<void>;
};

// Every field may be unknown.
const nothing = Object.fromEntries(Object.keys(fleetMember.fields).map(name => [name, null])) as FleetMemberState;

const silent: Failure = {code: 'silent', message: 'The server does not answer.'};

/** The last answer of a server, and what keeps it from answering. */
type Known = {
	answered: {readonly at: number; readonly readAt: Instant; readonly state: FleetMemberState} | undefined;
	failure: Failure | undefined;
	refused: readonly RefusedFields[];
};

/** Row of a server as known; `startedAt` counts as its last answer before the first. */
const rowOf = (
	{answered, failure}: Known,
	{server, label}: FleetMember,
	place: {readonly position: number; readonly version: number | undefined; readonly startedAt: number; readonly disk: FleetDisk},
	now: (ms: number) => Instant,
	staleMs: number,
): FleetServer => {
	const isFresh = answered !== undefined && failure === undefined && performance.now() - answered.at <= staleMs;
	const why = isFresh ? undefined : (failure ?? (answered ? silent : undefined));
	return {
		server,
		label,
		position: place.position,
		status: isFresh ? 'up' : why ? 'down' : 'connecting',
		since: now(answered?.at ?? place.startedAt),
		error_code: why?.code ?? null,
		error: why?.message ?? null,
		read_at: isFresh ? answered.readAt : null,
		version: place.version ?? null,
		last_in_recovery: answered?.state.in_recovery ?? null,
		...(isFresh ? place.disk : unknownDisk),
		...(isFresh ? answered.state : nothing),
	};
};

/** Opens the one connection to a server of a fleet, and keeps it for life. */
export const watchMember = (member: FleetMember, position: number, openDisks: OpenDisks): MemberWatch => {
	const startedAt = performance.now();
	const whereabouts = createWhereabouts();
	const lane = openLane(
		{...member.target, whereabouts},
		{readOnly: true, leads: true, statementTimeoutMs: fleetMember.deadlineMs},
	);
	const duty = createDuty();
	const refusals = createRefusals();
	const disk = watchDisk(
		lane,
		openDisks(() => whereabouts.site()?.endpoint),
	);
	const known: Known = {answered: undefined, failure: undefined, refused: []};
	let asking: Promise<void> | undefined;
	let restUntil = 0;
	let generation = 0;

	const askOnce = async (): Promise<void> => {
		const version = await versionOf(lane);
		// Another session may have other rights.
		if (lane.status().generation !== generation) refusals.clear();
		generation = lane.status().generation;
		const request = {name: fleetMember.name, deadlineMs: fleetMember.deadlineMs, timed: true};
		const reply = await refusals.ask(fleetMember, without =>
			lane.run({...request, sql: sqlFor(fleetMember, version, {without})}),
		);
		if (!reply.ok) {
			if (!isTransient(reply.error) || lane.status().state !== 'ready') known.failure = reply.error;
			return;
		}
		duty.spend(reply.serverMs ?? 0);
		restUntil = performance.now() + duty.restMs();
		const [state] = decode(fleetMember, reply.rows).rows as readonly FleetMemberState[];
		if (!state) return;
		known.answered = {at: performance.now(), readAt: reply.at, state};
		known.failure = undefined;
		known.refused = reply.refused ?? [];
		disk.look(reply.tookMs);
	};

	return {
		ask: () => {
			if (asking === undefined && performance.now() < restUntil) return Promise.resolve();
			asking ??= askOnce().finally(() => {
				asking = undefined;
			});
			return asking;
		},
		isAsking: () => asking !== undefined,
		row: (now, staleMs) =>
			rowOf(known, member, {position, version: lane.status().version, startedAt, disk: disk.disk()}, now, staleMs),
		missing: () => missingIn(known, member, disk),
		retry: () => {
			refusals.clear();
			disk.retry();
			restUntil = 0;
			lane.retry();
		},
		close: () => lane.close(),
	};
};

const missingIn = ({answered, failure, refused}: Known, {label}: FleetMember, disk: DiskWatch): readonly RefusedFields[] => {
	const why = failure ?? (answered ? undefined : silent);
	if (why) return [{fields: [label], error: why}];
	return [...refused, ...disk.missing()].map(({fields, error}) => ({fields: fields.map(field => `${label} ${field}`), error}));
};
