import {type Decoded, decode} from '../../core/sample/query.ts';
import type {Failure, Row} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import {patroniCluster, patroniMembers} from '../../queries/beside/patroni.ts';
import {apiOrigin, clusterRow, isStatus, type MemberRows, memberRows} from '../../queries/beside/patroni-json.ts';
import {ConnectionError} from '../connect/failures.ts';
import {within} from '../poll/alarm.ts';
import {notPatroni, readPatroni} from './rest.ts';

/** Reader of a cluster over the REST API of its members. */
export type Patroni = {
	/** Newest row of `patroniCluster` at a time of the server; rejects with a ConnectionError if no member answers. */
	readonly cluster: (now: Instant) => Promise<readonly Row[] | undefined>;
	/** Newest rows of `patroniMembers`; rejects with a ConnectionError if a member answers, and none lists them. */
	readonly members: (now: Instant) => Promise<readonly Row[] | undefined>;
	readonly stop: () => void;
};

/** Longest wait for a slow answer in milliseconds, after which it joins the next sample; the endpoint that is connected to. */
export type PatroniOptions = {
	readonly mostWaitMs: number;
	readonly connection: () => {readonly host: string; readonly port: number};
};

// Members publish their state every loop_wait, 10 seconds by default; each answer costs a read of the configuration store.
const restMs = 5000;
// A round asks this many members at most, one after the other.
const mostTries = 3;
const historyMs = 60_000;

/** Answers of one member; undefined for what it did not answer. */
type Answered = {
	readonly origin: string;
	readonly list: unknown;
	readonly members: MemberRows | undefined;
	readonly status: unknown;
	readonly failure: Failure | undefined;
};

const askMember = async (origin: string, connection: PatroniOptions['connection'], stopped: AbortSignal): Promise<Answered> => {
	const [list, status] = await Promise.allSettled([
		readPatroni(origin, '/cluster', stopped),
		readPatroni(origin, '/patroni', stopped),
	]);
	const cluster = list.status === 'fulfilled' ? list.value : undefined;
	const members = memberRows(cluster, connection());
	const isKnown = status.status === 'fulfilled' && isStatus(status.value);
	const refusal = list.status === 'rejected' ? (list.reason as ConnectionError).failure : notPatroni(origin);
	return {
		origin,
		list: cluster,
		members,
		status: isKnown ? status.value : undefined,
		failure: members ? undefined : refusal,
	};
};

/** Addresses to ask, in order: they come from the command line and from lists of members, and https is never left for http. */
const createAddresses = (given: string) => {
	let order: readonly string[] = [given];
	return {
		next: (): readonly string[] => order.slice(0, mostTries),
		/** Asks a member that failed last. */
		putLast: (origin: string): void => {
			order = [...order.filter(each => each !== origin), origin];
		},
		/** Asks a member that answered first, and then those that it lists. */
		follow: (origin: string, {rows}: MemberRows): void => {
			const listed = rows.flatMap(row => apiOrigin(row[5]) ?? []);
			const safe = listed.filter(each => !given.startsWith('https:') || each.startsWith('https:'));
			order = [...new Set([origin, given, ...safe])];
		},
	};
};

/** Failure of a round: that of the member asked first, and how many others failed too. */
const failureOfAll = (failures: readonly Failure[]): Failure => {
	const [first, ...others] = failures as readonly [Failure, ...Failure[]];
	if (others.length === 0) return first;
	const also =
		others.length === 1 ? 'Another member did not answer either.' : `${others.length} other members did not answer either.`;
	return {...first, message: `${first.message} ${also}`};
};

/** Asks members until one lists the others; resolves to the answers to use, and the failure if none does. */
const askInTurn = async (
	addresses: ReturnType<typeof createAddresses>,
	ask: (origin: string) => Promise<Answered>,
): Promise<{readonly answered: Answered | undefined; readonly failure: Failure | undefined}> => {
	const failures: Failure[] = [];
	let partly: Answered | undefined;
	for (const origin of addresses.next()) {
		const answered = await ask(origin);
		if (answered.members) {
			addresses.follow(origin, answered.members);
			return {answered, failure: undefined};
		}
		addresses.putLast(origin);
		partly ??= answered.status === undefined ? undefined : answered;
		if (answered.failure) failures.push(answered.failure);
	}
	return {answered: partly, failure: failureOfAll(failures)};
};

/** History of failovers: read again when the leader's timeline changes, and each minute. */
const createHistory = (stopped: AbortSignal) => {
	let history: unknown;
	let readAt = Number.NEGATIVE_INFINITY;
	let newest: number | undefined;
	return async (origin: string, {rows}: MemberRows): Promise<unknown> => {
		const timeline = Math.max(...rows.map(row => Number(row[6] ?? 0)));
		if (timeline === newest && performance.now() - readAt < historyMs) return history;
		history = await readPatroni(origin, '/history', stopped).catch(() => undefined);
		[newest, readAt] = [timeline, performance.now()];
		return history;
	};
};

/** Reader of the cluster that the member at an address belongs to; it asks on first use. */
export const createPatroni = (given: string, {mostWaitMs, connection}: PatroniOptions): Patroni => {
	const aborter = new AbortController();
	const addresses = createAddresses(given);
	const historyOf = createHistory(aborter.signal);
	let at: Instant = '';
	let asking: Promise<void> | undefined;
	let restsUntil = 0;
	let cluster: Decoded | undefined;
	let members: Decoded | undefined;
	let failure: Failure | undefined;

	const keep = async ({origin, list, members: found, status}: Answered): Promise<void> => {
		const history = found ? await historyOf(origin, found) : undefined;
		const raw = clusterRow({asked: origin, at, cluster: list, status, history, members: found});
		cluster = decode(patroniCluster, [raw], cluster);
		members = found && decode(patroniMembers, found.rows, members);
	};

	const ask = async (): Promise<void> => {
		const round = await askInTurn(addresses, origin => askMember(origin, connection, aborter.signal));
		failure = round.failure;
		if (round.answered) await keep(round.answered);
		else [cluster, members] = [undefined, undefined];
		restsUntil = performance.now() + restMs;
		asking = undefined;
	};

	const newest = async (now: Instant): Promise<void> => {
		at = now;
		if (performance.now() >= restsUntil && !aborter.signal.aborted) asking ??= ask();
		if (asking) await within(asking, mostWaitMs);
	};

	return {
		cluster: async now => {
			await newest(now);
			if (failure && !cluster) throw new ConnectionError(failure);
			return cluster?.rows;
		},
		members: async now => {
			await newest(now);
			// If nothing was read, the cluster says so.
			if (failure && cluster) throw new ConnectionError(failure);
			return members?.rows;
		},
		stop: () => aborter.abort(),
	};
};
