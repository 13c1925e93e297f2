import {newest} from '../../history/timeline.ts';
import type {Sample} from '../../sample/sample.ts';
import type {Effect} from '../../state/effect.ts';
import {sayLasting, type Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {Batch, BatchResult, State} from '../../state/state.ts';
import {plural} from '../../text/words.ts';
import {type Instant, laterBy, secondsBetween} from '../../values/instant.ts';
import {type Bulk, roundSize} from '../bulk.ts';
import type {Signal} from '../signal.ts';
import {type ConnectedSession, type KnownTarget, leftOutOf, nameOf, type Target} from '../target.ts';
import {batchSummary} from './batch-summary.ts';
import {matchingTargets} from './selection.ts';

/** Seconds within which a connection like an ended one counts as the same client coming back. */
const comebackSeconds = 5;
// A signal without effect is reported as late before the summary is given.
const settledSeconds = comebackSeconds + 1;

/** Starts a batch: sends the first signal whose target is still as asked. */
export const beginBatch = (
	registry: Registry,
	state: State,
	signal: Signal,
	targets: readonly KnownTarget[],
	bulk: Bulk | undefined,
): Updated =>
	sendNext(registry, state, {
		signal,
		targets,
		bulk,
		results: [],
		attempts: 0,
		left: roundSize,
		awaits: undefined,
		stopped: false,
		comebacks: new Map(),
		isTold: false,
	});

/** True while signals of a batch are still to be sent. */
export const isUnderWay = (batch: Batch | undefined): batch is Batch =>
	batch !== undefined && !batch.stopped && batch.attempts < batch.targets.length;

/** Stops a batch, for a reason if it was not the user. */
export const stopBatch = (state: State, reason?: string): State =>
	isUnderWay(state.batch) ? {...state, batch: {...state.batch, stopped: true, ...(reason !== undefined && {reason})}} : state;

const isSameBackend = (a: Target, b: Target): boolean => a.pid === b.pid && a.backend_start === b.backend_start;

/** The batch with results for some of its targets; the same object if none of them are among its targets. */
export const withResults = (
	batch: Batch | undefined,
	changes: readonly {readonly target: Target; readonly result: BatchResult}[],
): Batch | undefined => {
	if (!batch || changes.length === 0) return batch;
	const byPid = new Map(changes.map(change => [change.target.pid, change]));
	let isChanged = false;
	const results = batch.targets.map((target, index) => {
		const change = byPid.get(target.pid);
		if (!change || !isSameBackend(change.target, target)) return batch.results[index];
		isChanged = true;
		return {...change.result, sentAt: change.result.sentAt ?? batch.results[index]?.sentAt ?? null};
	});
	return isChanged ? {...batch, results} : batch;
};

/** Sends the signal to the next target that is still as asked; after a round, asks for a new sample first. */
export const sendNext = (registry: Registry, state: State, batch: Batch): Updated => {
	const sample = newest(state.timeline);
	const results = [...batch.results];
	for (let index = batch.attempts; index < batch.targets.length; index++) {
		const target = batch.targets[index] as KnownTarget;
		const verdict = sample && batch.left > 0 ? verdictOf(registry, state, batch, target, sample) : 'unread';
		if (verdict === 'unread') {
			const waiting = {...batch, results, attempts: index, awaits: sample?.seq ?? 0};
			return [{...state, batch: waiting}, {type: 'refresh'}];
		}
		if (verdict === undefined)
			return [
				{...state, batch: {...batch, results, attempts: index + 1, left: batch.left - 1, awaits: undefined}},
				{type: 'signal', signal: batch.signal, target},
			];
		results[index] = verdict;
	}
	return [{...state, batch: {...batch, results, attempts: batch.targets.length, awaits: undefined}}];
};

/** Reason to pass a target over, as of a sample: it ended, or is no longer what was asked about; `unread` if that is not known. */
const verdictOf = (
	registry: Registry,
	state: State,
	{signal, bulk}: Batch,
	target: KnownTarget,
	sample: Sample,
): BatchResult | 'unread' | undefined => {
	if (!bulk) return undefined;
	const now = registry.targetNow(target, sample);
	if (now === 'unread') return 'unread';
	const name = nameOf(target);
	if (now === undefined) return passedOver('ended', `Not sent: ${name} ended before its turn.`);
	if (signal === 'cancel' && (now.state !== 'active' || now.query_start !== target.query_start))
		return passedOver('ended', `Not sent: the statement of ${name} ended before its turn.`);
	const reason = leftOutOf(signal, now);
	if (reason !== undefined) return passedOver('spared', `Spared: ${name} is left out: ${reason}.`);
	if (!bulk.matching.has(target.pid)) return undefined;
	const {pane, filter} = bulk;
	if (matchingTargets(registry, pane, filter, sample, state.timeline.samples).has(target.pid)) return undefined;
	const does = now.state === null ? '' : `; it is now ${now.state}`;
	return passedOver(
		'spared',
		filter === ''
			? `Spared: ${name} left ${registry.pane(pane).title}${does}.`
			: `Spared: ${name} no longer matches ${filter}${does}.`,
	);
};

const passedOver = (status: 'ended' | 'spared', text: string): BatchResult => ({status, text, tone: 'warn', sentAt: null});

/** Follows a batch with a new sample: begins the next round, looks who comes back, and gives the summary at the end. */
export const followBatch = (registry: Registry, state: State, sample: Sample): Updated => {
	const {batch} = state;
	if (!batch || batch.isTold) return [state];
	const lastAt = lastSentAt(batch);
	const followed = withComebacks(registry, batch, sample, lastAt);
	const isSending: boolean = isUnderWay(followed);
	if (isSending && followed.awaits !== undefined)
		return isAfter(sample, followed.awaits, lastAt)
			? sendNext(registry, state, {...followed, left: roundSize, awaits: undefined})
			: [{...state, batch: followed}];
	const isSettled = lastAt === undefined || (secondsBetween(lastAt, sample.at) ?? 0) >= settledSeconds;
	if (isSending || !isSettled || isInFlight(followed)) return [{...state, batch: followed}];
	const {text, tone} = batchSummary(followed);
	return [sayLasting({...state, batch: {...followed, isTold: true}}, text, tone), noteOf(followed, text, sample.at)];
};

/** True if a sample was read after a round. A clock that was set back delays a round by one sample only. */
const isAfter = (sample: Sample, seq: number, lastAt: Instant | undefined): boolean =>
	sample.seq > seq && (lastAt === undefined || sample.at > lastAt || sample.seq > seq + 1);

const isInFlight = ({attempts, results}: Batch): boolean => attempts > 0 && results[attempts - 1] === undefined;

const lastSentAt = ({results}: Batch): Instant | undefined =>
	results.reduce<Instant | undefined>((last, result) => {
		const at = result?.sentAt ?? null;
		return at !== null && (last === undefined || at > last) ? at : last;
	}, undefined);

/** Names a client: its sessions share role, application and address. */
const clientOf = ({usename, application_name, client_addr, datname}: ConnectedSession): string =>
	JSON.stringify([usename, application_name, client_addr, datname]);

/** The batch with the sessions that connected like a terminated one soon after it; each stands for one of them. */
const withComebacks = (registry: Registry, batch: Batch, sample: Sample, lastAt: Instant | undefined): Batch => {
	if (batch.signal !== 'terminate' || lastAt === undefined) return batch;
	if ((secondsBetween(lastAt, sample.at) ?? 0) > settledSeconds + comebackSeconds) return batch;
	const sent = batch.targets.flatMap((target, index) => {
		const at = batch.results[index]?.sentAt ?? null;
		return at === null ? [] : [{index, at, client: clientOf(target)}];
	});
	const first = sent.reduce((earliest, {at}) => (at < earliest ? at : earliest), lastAt);
	const taken = new Set([...batch.comebacks.values()].map(({of}) => of));
	const comebacks = new Map(batch.comebacks);
	for (const newcomer of registry.connectedSince(sample, first)) {
		const identity = `${newcomer.pid}@${newcomer.backend_start}`;
		const begun = newcomer.backend_start;
		if (begun === null || comebacks.has(identity)) continue;
		const client = clientOf(newcomer);
		const origin = sent.find(
			({index, at, client: ended}) =>
				!taken.has(index) && ended === client && begun > at && begun <= laterBy(at, comebackSeconds * 1000),
		);
		if (!origin) continue;
		taken.add(origin.index);
		comebacks.set(identity, {of: origin.index, name: `${newcomer.application_name || '?'} as ${newcomer.usename ?? '?'}`});
	}
	return comebacks.size === batch.comebacks.size ? batch : {...batch, comebacks};
};

const noteOf = ({signal, targets}: Batch, text: string, at: Instant): Effect => ({
	type: 'note',
	entry: {
		at,
		kind: 'effect',
		connection: null,
		statement: null,
		target: `${signal} ${plural(targets.length, 'session')}`,
		outcome: text,
		sqlstate: null,
		took_ms: null,
	},
});
