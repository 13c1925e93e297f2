import {decode, sqlFor} from '../../core/sample/query.ts';
import {type Failure, type RefusedFields, sentences} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import type {FleetServer} from '../../queries/beside/fleet.ts';
import {type FleetMemberState, fleetMember} from '../../queries/server/fleet-member.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {openLane} from '../session/lane.ts';
import {versionOf} from '../session/lanes.ts';
import {createDuty} from './duty.ts';
import {isTransient} from './failures.ts';
import {createRefusals} from './refusals.ts';

/** A server of a fleet: its address, unique among them, its label, and how to log in. */
export type FleetMember = {readonly server: string; readonly label: string; readonly target: ConnectionTarget};

/** The connection to one server of a fleet, which only ever carries the narrow question. */
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

const nothing = Object.fromEntries(Object.keys(fleetMember.fields).map(name => [name, null])) as unknown as FleetMemberState;

const silent: Failure = {code: 'silent', message: 'The server does not answer.'};

/** Opens the one connection to a server of a fleet, and keeps it for life. */
export const watchMember = ({server, label, target}: FleetMember, position: number): MemberWatch => {
	const startedAt = performance.now();
	const lane = openLane(target, {readOnly: true, leads: true, statementTimeoutMs: fleetMember.deadlineMs});
	const duty = createDuty();
	let refusals = createRefusals();
	let asking: Promise<void> | undefined;
	let restUntil = 0;
	let answered: {readonly at: number; readonly readAt: Instant; readonly state: FleetMemberState} | undefined;
	let failure: Failure | undefined;
	let refused: readonly RefusedFields[] = [];
	let generation = 0;

	const askOnce = async (): Promise<void> => {
		const version = await versionOf(lane);
		if (lane.status().generation !== generation) {
			generation = lane.status().generation;
			refusals = createRefusals();
		}
		const reply = await refusals.ask(fleetMember, without =>
			lane.run({
				name: fleetMember.name,
				sql: sqlFor(fleetMember, version, '', without),
				deadlineMs: fleetMember.deadlineMs,
				timed: true,
			}),
		);
		if (!reply.ok) {
			if (!isTransient(reply.error) || lane.status().state !== 'ready') failure = reply.error;
			return;
		}
		duty.spend(reply.serverMs ?? 0);
		restUntil = performance.now() + duty.restMs();
		const [state] = decode(fleetMember, reply.rows).rows as readonly FleetMemberState[];
		if (!state) return;
		answered = {at: performance.now(), readAt: reply.at, state};
		failure = undefined;
		refused = reply.refused ?? [];
	};

	const isFresh = (staleMs: number): boolean =>
		answered !== undefined && failure === undefined && performance.now() - answered.at <= staleMs;

	return {
		ask: () => {
			if (asking === undefined && performance.now() < restUntil) return Promise.resolve();
			asking ??= askOnce().finally(() => {
				asking = undefined;
			});
			return asking;
		},
		isAsking: () => asking !== undefined,
		row: (now, staleMs) => {
			const isUp = isFresh(staleMs);
			const why = isUp ? undefined : (failure ?? (answered ? silent : undefined));
			return {
				server,
				label,
				position,
				status: isUp ? 'up' : why ? 'down' : 'connecting',
				since: now(answered?.at ?? startedAt),
				error_code: why?.code ?? null,
				error: why ? sentences({message: why.message}) : null,
				read_at: isUp && answered ? answered.readAt : null,
				version: lane.status().version ?? null,
				last_in_recovery: answered?.state.in_recovery ?? null,
				...(isUp && answered ? answered.state : nothing),
			};
		},
		missing: () => {
			const why = failure ?? (answered ? undefined : silent);
			if (why) return [{fields: [label], error: why}];
			return refused.map(({fields, error}) => ({fields: fields.map(field => `${label} ${field}`), error}));
		},
		retry: () => {
			refusals.clear();
			restUntil = 0;
			lane.retry();
		},
		close: () => lane.close(),
	};
};
