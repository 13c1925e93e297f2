import type {ServerAddress} from '../adapters/connect/endpoints.ts';
import {
	askStandbys,
	type ReachedServer,
	type StandbysAnswer,
	shareHost,
	standbyAddress,
	standbyPlaces,
} from '../adapters/poll/standbys.ts';
import type {Failure, RefusedFields} from '../core/sample/sample.ts';
import {clean, toWidth} from '../core/text/clean.ts';
import {joinSentences} from '../core/text/sentence.ts';
import {plural} from '../core/text/words.ts';
import {UserError} from '../core/values/errors.ts';
import {identifier} from '../core/values/quote.ts';
import type {StandbyAddress} from '../queries/server/standby-addresses.ts';
import {createProgressLine} from '../system/standard-streams.ts';
import type {ResolvedServer} from './fleet-members.ts';

/** Resolves a standby with the connection string of the server that names it; throws a UserError. */
type Resolve = (origin: ResolvedServer, address: ServerAddress, name: string | undefined) => Promise<ResolvedServer>;

/** The standbys of a fleet, and what could not be found, for the samples. */
export type FoundStandbys = {readonly servers: readonly ResolvedServer[]; readonly missing: readonly RefusedFields[]};

/** A server to be asked; `origin` and `reached` are the server that named it. */
type Asked = {
	readonly server: ResolvedServer;
	readonly origin?: ResolvedServer;
	readonly from?: ReachedServer;
	/** The number of standbys that connect from its address. */
	readonly sharing?: number;
};

type Answered = Asked & {readonly answer: StandbysAnswer};

/** What a search knows so far. */
type Search = {
	readonly resolve: Resolve;
	readonly reached: ReachedServer[];
	readonly found: ResolvedServer[];
	/** Addresses with ports that were tried. */
	readonly tried: Set<string>;
	readonly missing: RefusedFields[];
};

const mostCells = 20;
const progressMs = 500;

const placeOf = (address: string, port: number): string => `${address} ${port}`;

const nameOf = ({application_name: name}: StandbyAddress): string | undefined =>
	name === null || name === '' || name === 'walreceiver' ? undefined : toWidth(clean(name), mostCells).trimEnd();

const namesOf = (senders: readonly StandbyAddress[]): string => {
	const names = senders.map(sender => nameOf(sender) ?? sender.client_addr ?? 'walreceiver');
	return names.length > 3 ? `${names.slice(0, 3).join(', ')} +${names.length - 3}` : names.join(', ');
};

const note = ({missing}: Search, {member}: ResolvedServer, code: string, message: string, hint: string | undefined): void => {
	const error: Failure = {code, message: clean(message), ...(hint !== undefined && {hint: clean(hint)})};
	missing.push({fields: [`standbys of ${member.label}`], error});
};

const isSameCluster = (one: ReachedServer, other: ReachedServer): boolean =>
	one.systemIdentifier === null || other.systemIdentifier === null || one.systemIdentifier === other.systemIdentifier;

const isSameRun = (one: ReachedServer, other: ReachedServer): boolean =>
	one.run !== null && one.run === other.run && one.systemIdentifier === other.systemIdentifier;

/**
 * Asks each server for its standbys, and those for theirs, until none are new; all of one generation at once. A standby that is named
 * already is not found again: neither at its address nor by another one. Throws a UserError for more than `most` in one generation.
 */
export const standbysOf = async (named: readonly ResolvedServer[], resolve: Resolve, most: number): Promise<FoundStandbys> => {
	const search: Search = {resolve, reached: [], found: [], tried: new Set(), missing: []};
	for (const {member} of named)
		for (const {host, hostaddr, port} of member.target.endpoints) search.tried.add(placeOf(hostaddr ?? host, port));
	const progress = startProgress();
	try {
		let generation: readonly Asked[] = named.map(server => ({server}));
		while (generation.length > 0) {
			progress.say(plural(generation.length, 'server'));
			const answered = await Promise.all(
				generation.map(async each => ({...each, answer: await askStandbys(each.server.member.target)})),
			);
			generation = await followed(search, answered);
			if (named.length + search.found.length > most || generation.length > most)
				throw new UserError(`A fleet has at most ${most} servers, and with the standbys there are more.`, {
					hint: 'Watch them in parts.',
					exitCode: 2,
				});
		}
	} catch (error) {
		await Promise.all(search.found.map(({access}) => access.close()));
		throw error;
	} finally {
		progress.stop();
	}
	return {servers: search.found, missing: search.missing};
};

/** Takes in the answers of one generation; returns the standbys that they name, to be asked next. */
const followed = async (search: Search, answered: readonly Answered[]): Promise<readonly Asked[]> => {
	const ready = answered.filter(each => accepted(search, each));
	const next: Asked[] = [];
	for (const {server, answer} of ready) if (answer.ok) next.push(...(await candidates(search, server, answer)));
	return next;
};

/** Keeps a server that was asked; false if it is another one than the standby that it should be. */
const accepted = (search: Search, {server, origin, from, sharing = 0, answer}: Answered): boolean => {
	const {reached, found} = search;
	if (!answer.ok) {
		if (origin && from && areKnown(search, from, sharing, ({address}) => isAt(server, address))) return false;
		// It replicates now, so it runs: only the guess of its port is wrong.
		if (origin && answer.error.code === 'ECONNREFUSED') {
			const message = `The port of ${server.member.label}, a standby of ${origin.member.label}, is not known: ${answer.error.message}`;
			note(search, origin, answer.error.code, message, 'Name it with its port.');
			return false;
		}
		const port = origin && `Its port is that of ${origin.member.label}: if it has another one, name it.`;
		const hint = joinSentences(answer.error.hint, port);
		note(
			search,
			server,
			answer.error.code,
			`The standbys of ${server.member.label} are not known: ${answer.error.message}`,
			hint,
		);
		if (origin) found.push(server);
		return true;
	}
	// The same server, by another address.
	if (reached.some(each => isSameRun(each, answer.server))) return false;
	if (origin && from && !isSameCluster(from, answer.server)) {
		const message = `${server.member.label} at ${server.member.server} is not a standby of ${origin.member.label}: its system identifier differs.`;
		note(search, origin, 'other_cluster', message, 'If the standby has another port, name it.');
		return false;
	}
	reached.push(answer.server);
	if (origin) found.push(server);
	return true;
};

const isAt = ({member}: ResolvedServer, address: string): boolean => (member.target.hostaddr ?? member.target.host) === address;

/** True if as many servers of the cluster were reached at a place as standbys connect from there. */
const areKnown = ({reached}: Search, from: ReachedServer, count: number, isThere: (server: ReachedServer) => boolean): boolean =>
	reached.filter(each => !isSameRun(each, from) && each !== from && isSameCluster(each, from) && isThere(each)).length >= count;

/** The standbys of a server that are to be tried. */
const candidates = async (
	search: Search,
	origin: ResolvedServer,
	{server: from, senders}: Extract<StandbysAnswer, {ok: true}>,
): Promise<readonly Asked[]> => {
	const {label, target} = origin.member;
	const {hidden, sameHost, byAddress} = standbyPlaces(senders, from);
	if (hidden > 0) {
		const what = hidden === 1 ? 'may be a standby' : 'may be standbys';
		const message = `The role ${target.user} cannot see ${plural(hidden, 'WAL sender')} of ${label} that ${what}.`;
		note(search, origin, 'hidden', message, `GRANT pg_monitor TO ${identifier(target.user)} shows them.`);
	}
	const isBeside = ({address}: ReachedServer): boolean => shareHost(address, from.address) && !byAddress.has(address);
	if (sameHost.length > 0 && !areKnown(search, from, sameHost.length, isBeside)) {
		const which = `${plural(sameHost.length, 'standby connects', 'standbys connect')} to ${label} from its own host`;
		const message = `${which} (${namesOf(sameHost)}), over a Unix socket or a local address, so the port is not known.`;
		note(search, origin, 'same_host', message, 'Name each of them with its port.');
	}
	const next: Asked[] = [];
	for (const [address, there] of byAddress) {
		const [first] = there;
		if (first === undefined) continue;
		if (there.length > 1 && !areKnown(search, from, there.length, each => each.address === address)) {
			const message = `${there.length} standbys of ${label} connect from ${address} (${namesOf(there)}), and only one can have port ${from.port}.`;
			note(search, origin, 'same_address', message, 'Name each of them with its port.');
		}
		const isTried = search.tried.has(placeOf(address, from.port));
		const isReached = search.reached.some(each => each.address === address && each.port === from.port);
		if (isTried || isReached) continue;
		search.tried.add(placeOf(address, from.port));
		const server = await resolved(
			search,
			origin,
			standbyAddress(first, from, target),
			there.length > 1 ? undefined : nameOf(first),
		);
		if (server) next.push({server, origin, from, sharing: there.length});
	}
	return next;
};

const resolved = async (
	search: Search,
	origin: ResolvedServer,
	address: ServerAddress,
	name: string | undefined,
): Promise<ResolvedServer | undefined> => {
	try {
		return await search.resolve(origin, address, name);
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		const message = `The standby ${name ?? address.host} of ${origin.member.label} cannot be watched: ${error.message}`;
		note(search, origin, 'unresolved', message, error.hint);
		return undefined;
	}
};

/** Progress on a terminal. */
const startProgress = (): {readonly say: (servers: string) => void; readonly stop: () => void} => {
	const progress = createProgressLine();
	const begun = performance.now();
	let whom = '';
	const show = (): void => progress.show(`Asking ${whom} for standbys … ${Math.round((performance.now() - begun) / 1000)} s`);
	const timer = progress.isVisible ? setInterval(show, progressMs) : undefined;
	return {
		say: servers => {
			whom = servers;
		},
		stop: () => {
			clearInterval(timer);
			progress.clear();
		},
	};
};
