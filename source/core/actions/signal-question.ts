import {clean, cleanLines} from '../text/clean.ts';
import {plural} from '../text/words.ts';
import type {Instant} from '../values/instant.ts';
import {type Fact, fact, type Question, type QuestionContext, question} from './question.ts';
import {type Signal, signalStatement} from './signal.ts';
import {type KnownTarget, maxTargets, nameOf, refusalOf, risksOf, stateOf, type Target} from './target.ts';

/**
 * The question before a signal to one session or to several, with frozen copies of them; a typed word where there are risks. Of a
 * `tagged` one it says so, for the cursor is elsewhere.
 */
export const signalQuestion = (
	signal: Signal,
	targets: readonly Target[],
	{tagged = false, ...asked}: QuestionContext & {readonly tagged?: boolean},
): Question => {
	const chosen = targets.filter(target => refusalOf(signal, target) === undefined) as readonly KnownTarget[];
	const [first] = chosen;
	const isOne = targets.length === 1 && first !== undefined;
	const given = Map.groupBy(
		chosen.flatMap(target => risksOf(signal, target).map(risk => ({risk, pid: target.pid}))),
		({risk}) => risk,
	);
	const risks = [
		...Array.from(given, ([risk, whose]) => (isOne ? risk : `${whose.map(({pid}) => pid).join(', ')}: ${risk}`)),
		...(isOne ? [] : [`${chosen.length} sessions are signalled, one after the other; Esc stops in between.`]),
	];
	return question(asked, {
		action: {kind: 'signal', signal, targets: chosen},
		title: isOne
			? titleOf(signal, first, tagged ? 'the tagged ' : '')
			: `${signal === 'cancel' ? 'Cancel the statements of' : 'Terminate'} ${chosen.length} sessions?`,
		facts: isOne ? factsOf(first, asked.askedAt) : factsOfAll(signal, targets, chosen),
		sql: signalStatement(signal),
		risks,
		verb: signal === 'cancel' ? 'cancels it' : 'terminates it',
		word: signal,
		declineText: isOne ? `Nothing was sent to ${nameOf(first)}.` : 'Nothing was sent.',
	});
};

const titleOf = (signal: Signal, {pid}: Target, which: string): string =>
	signal === 'cancel' ? `Cancel the statement of ${which}session ${pid}?` : `Terminate ${which}session ${pid}?`;

const factsOf = (target: KnownTarget, askedAt: Instant): readonly Fact[] => {
	const statement = cleanLines(target.query ?? '').find(text => text.trim() !== '') ?? '';
	return [
		fact('session', `${whoOf(target)}, ${target.backend_type}`),
		blocksOf(target),
		...freesOf([target]),
		fact('client', `${quoted(target.application_name ?? '')} from ${target.client_addr ?? 'a local socket'}`),
		fact('state', stateOf(target, askedAt), target.state === 'idle in transaction' ? 'warn' : 'calm'),
		fact(target.state === 'active' ? 'runs' : 'last ran', statement === '' ? 'nothing' : statement),
	];
};

const factsOfAll = (signal: Signal, targets: readonly Target[], chosen: readonly KnownTarget[]): readonly Fact[] => {
	const left = targets.flatMap(target => refusalOf(signal, target) ?? []);
	return [
		fact('sessions', chosen.map(target => `${target.pid} ${whoOf(target)}`).join(', '), 'calm', maxTargets),
		...freesOf(chosen),
		...left.map((why, index) => fact(index === 0 ? 'left out' : '', why, 'warn')),
	];
};

const blocksOf = ({blocks}: Target): Fact => {
	if (blocks === null) return fact('blocks', 'It is not known who waits behind it.', 'danger');
	if (blocks === 0) return fact('blocks', 'Nobody waits behind it.');
	return fact('blocks', `${plural(blocks, 'session waits', 'sessions wait')} behind it.`, 'danger');
};

/** Exactly who waits for nobody else than those meant, and how many only come nearer. */
const freesOf = (targets: readonly Target[]): readonly Fact[] => {
	const pids = new Set(targets.map(({pid}) => pid));
	const behind = new Map(targets.flatMap(({waiters}) => waiters.map(waiter => [waiter.pid, waiter] as const)));
	const waiters = [...behind.values()].filter(({pid}) => !pids.has(pid));
	if (waiters.length === 0) return [];
	const freed = waiters.filter(({blockedBy}) => blockedBy.every(pid => pids.has(pid)));
	const rest = waiters.length - freed.length;
	const moved = rest === 0 ? '' : `; ${plural(rest, 'more comes', 'more come')} nearer`;
	return [
		fact('frees', freed.length === 0 ? `nobody at once${moved}` : `${freed.map(({pid}) => pid).join(', ')}${moved}`, 'calm', 3),
	];
};

const whoOf = ({usename, datname}: Target): string => `${quoted(usename ?? '?')}@${quoted(datname ?? '-')}`;

/** A name so that twins differ: in quotes where it is empty, begins or ends with a blank, or hides something. */
const quoted = (name: string): string =>
	name === '' || name !== name.trim() || clean(name) !== name || /["\\]/.test(name) ? `"${clean(name)}"` : name;
