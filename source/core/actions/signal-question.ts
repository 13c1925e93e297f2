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
		facts: isOne ? factsOf(first, context.askedAt) : factsOfAll(signal, targets, chosen),
		sql: signalStatement(signal),
		risks,
		verb: signal,
		word: signal,
		declineText: isOne ? `Nothing sent to ${nameOf(first)}.` : 'Nothing sent.',
	});
};

const titleOf = (signal: Signal, {pid}: Target, adjective: string): string =>
	signal === 'cancel' ? `Cancel the statement of ${adjective}session ${pid}?` : `Terminate ${adjective}session ${pid}?`;

const factsOf = (target: KnownTarget, askedAt: Instant): readonly Fact[] => {
	const statement = cleanLines(target.query ?? '').find(text => text.trim() !== '') ?? '';
	return [
		fact('session', sessionOf(target)),
		blocksOf(target),
		...unblocksOf([target]),
		fact('client', clientOf(target)),
		fact('state', stateOf(target, askedAt), target.state === 'idle in transaction' ? 'warn' : 'calm'),
		fact(target.state === 'active' ? 'runs' : 'last ran', statement === '' ? 'no statement' : statement),
	];
};

const factsOfAll = (signal: Signal, targets: readonly Target[], chosen: readonly KnownTarget[]): readonly Fact[] => {
	const refusals = targets.flatMap(target => refusalOf(signal, target) ?? []);
	return [
		fact('sessions', chosen.map(target => `${target.pid} ${userAndDatabase(target)}`).join(', '), 'calm', maxTargets),
		...unblocksOf(chosen),
		...refusals.map((why, index) => fact(index === 0 ? 'skipped' : '', why, 'warn')),
	];
};

const blocksOf = ({blocks}: Target): Fact => {
	if (blocks === null) return fact('blocks', 'unknown', 'danger');
	return fact('blocks', plural(blocks, 'session'), blocks === 0 ? 'calm' : 'danger');
};

/** The sessions blocked by nothing but the targets, by pid, and the number of those behind them. */
const unblocksOf = (targets: readonly Target[]): readonly Fact[] => {
	const pids = new Set(targets.map(({pid}) => pid));
	const byPid = new Map(targets.flatMap(({waiters}) => waiters.map(waiter => [waiter.pid, waiter] as const)));
	const waiters = [...byPid.values()].filter(({pid}) => !pids.has(pid));
	if (waiters.length === 0) return [];
	const unblocked = waiters.filter(({blockedBy}) => blockedBy.every(pid => pids.has(pid)));
	const rest = waiters.length - unblocked.length;
	const now = unblocked.length === 0 ? 'none' : unblocked.map(({pid}) => pid).join(', ');
	const later = rest === 0 ? '' : `, ${rest} more after ${unblocked.length === 1 ? 'it' : 'them'}`;
	return [fact('unblocks', `${now} now${unblocked.length === 0 && rest > 0 ? `, ${rest} later` : later}`, 'calm', 3)];
};

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
