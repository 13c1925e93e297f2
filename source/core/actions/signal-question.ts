import {forecastOf} from '../locks/forecast.ts';
import {clean, cleanLines} from '../text/clean.ts';
import {plural} from '../text/words.ts';
import type {Instant} from '../values/instant.ts';
import {type Fact, fact, type Question, type QuestionContext, question} from './question.ts';
import {type Signal, signalStatement} from './signal.ts';
import {type KnownTarget, maxTargets, nameOf, refusalOf, risksOf, stateOf, type Target} from './target.ts';

/**
 * The question before a signal to one or several sessions, with frozen copies of them; needs a typed word if there are risks. The
 * title names a `tagged` session as such, because the cursor may be elsewhere.
 */
export const signalQuestion = (
	signal: Signal,
	targets: readonly Target[],
	{tagged = false, ...context}: QuestionContext & {readonly tagged?: boolean},
): Question => {
	const chosen = targets.filter(target => refusalOf(signal, target) === undefined) as readonly KnownTarget[];
	const [first] = chosen;
	const isOne = targets.length === 1 && first !== undefined;
	const byRisk = Map.groupBy(
		chosen.flatMap(target => risksOf(signal, target).map(risk => ({risk, pid: target.pid}))),
		({risk}) => risk,
	);
	const risks = [
		...Array.from(byRisk, ([risk, entries]) => (isOne ? risk : `${entries.map(({pid}) => pid).join(', ')}: ${risk}`)),
		...(isOne ? [] : [`${chosen.length} sessions are signaled one by one; Esc stops.`]),
	];
	return question(context, {
		action: {kind: 'signal', signal, targets: chosen},
		title: isOne
			? titleOf(signal, first, tagged ? 'the tagged ' : '')
			: `${signal === 'cancel' ? 'Cancel the statements of' : 'Terminate'} ${chosen.length} sessions?`,
		facts: isOne ? factsOf(signal, first, context.askedAt) : factsOfAll(signal, targets, chosen),
		sql: signalStatement(signal),
		risks,
		verb: signal,
		word: signal,
		declineText: isOne ? `Nothing sent to ${nameOf(first)}.` : 'Nothing sent.',
	});
};

const titleOf = (signal: Signal, {pid}: Target, adjective: string): string =>
	signal === 'cancel' ? `Cancel the statement of ${adjective}session ${pid}?` : `Terminate ${adjective}session ${pid}?`;

const factsOf = (signal: Signal, target: KnownTarget, askedAt: Instant): readonly Fact[] => {
	const statement = cleanLines(target.query ?? '').find(text => text.trim() !== '') ?? '';
	return [
		fact('session', sessionOf(target)),
		blocksOf(target),
		...unblocksOf(signal, [target]),
		fact('client', clientOf(target)),
		fact('state', stateOf(target, askedAt), target.state === 'idle in transaction' ? 'warn' : 'calm'),
		fact(target.state === 'active' ? 'runs' : 'last ran', statement === '' ? 'no statement' : statement),
	];
};

const factsOfAll = (signal: Signal, targets: readonly Target[], chosen: readonly KnownTarget[]): readonly Fact[] => {
	const refusals = targets.flatMap(target => refusalOf(signal, target) ?? []);
	return [
		fact('sessions', chosen.map(target => `${target.pid} ${userAndDatabase(target)}`).join(', '), 'calm', maxTargets),
		...unblocksOf(signal, chosen),
		...refusals.map((why, index) => fact(index === 0 ? 'skipped' : '', why, 'warn')),
	];
};

const blocksOf = ({blocks}: Target): Fact => {
	if (blocks === null) return fact('blocks', 'unknown', 'danger');
	return fact('blocks', plural(blocks, 'session'), blocks === 0 ? 'calm' : 'danger');
};

/** The waiters that get their locks once the targets end, by pid, and the number of those that follow or stay blocked. */
const unblocksOf = (signal: Signal, targets: readonly Target[]): readonly Fact[] => {
	const waiters = new Map(targets.flatMap(target => target.waiters.map(waiter => [waiter.pid, waiter] as const)));
	const endings = targets.map(target => ({pid: target.pid, keeps: keepsLocks(signal, target)}));
	const {now, perhaps, later, blocked} = forecastOf([...waiters.values()], endings);
	const freed = now.length + perhaps.length;
	if (freed + blocked === 0) return [];
	const parts = [
		...(now.length > 0 ? [`${now.join(', ')} now`] : []),
		...(perhaps.length > 0 ? [`${perhaps.join(', ')} perhaps`] : []),
		...(later > 0 ? [`${later} more after ${freed === 1 ? 'it' : 'them'}`] : []),
	];
	const unblocked = parts.length === 0 ? 'none' : parts.join(', ');
	const rest = blocked === 0 ? '' : `; ${plural(blocked, 'session stays', 'sessions stay')} blocked by others`;
	return [fact('unblocks', `${unblocked}${rest}`, 'calm', 3)];
};

// A canceled statement aborts its transaction, but in a savepoint only what came after it. A transaction that began with the
// statement has no savepoint.
const keepsLocks = (signal: Signal, {backend_type, xact_start, query_start}: Target): boolean =>
	signal === 'cancel' && backend_type !== 'autovacuum worker' && (xact_start === null || xact_start !== query_start);

const sessionOf = ({usename, datname, backend_type}: KnownTarget): string => {
	if (usename !== null) return `${userAndDatabase({usename, datname})}, ${backend_type}`;
	return datname === null ? backend_type : `${backend_type} on ${quoted(datname)}`;
};

const userAndDatabase = ({usename, datname}: Pick<Target, 'usename' | 'datname'>): string =>
	`${quoted(usename ?? '?')}@${quoted(datname ?? '-')}`;

const clientOf = ({application_name, client_addr}: Target): string => {
	const address = client_addr ?? 'local socket';
	return application_name ? `${quoted(application_name)} from ${address}` : address;
};

/** A name with quotes if it is empty, has outer blanks or hidden characters, so that look-alikes differ. */
const quoted = (name: string): string =>
	name === '' || name !== name.trim() || clean(name) !== name || /["\\]/.test(name) ? `"${clean(name)}"` : name;
