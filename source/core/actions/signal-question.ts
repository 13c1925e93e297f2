import {plural} from '../text/words.ts';
import {pidList, roundSize, type Selection} from './bulk.ts';
import {factsOfSeveral, leftOutGroups} from './bulk-facts.ts';
import {type Question, type QuestionContext, question} from './question.ts';
import {cautionsOf, risksOf} from './risks.ts';
import {type Signal, signalStatement} from './signal.ts';
import {type KnownTarget, leftOutOf, nameOf, refusalOf, type Target} from './target.ts';
import {factsOfOne} from './target-facts.ts';

/**
 * The question before a signal to one or several sessions, with frozen copies of them; needs a typed word if there are risks. The
 * title names a `tagged` session as such, because the cursor may be elsewhere. Several are chosen by a `selection`, which `matching`
 * targets pass: those that no longer do are spared.
 */
export const signalQuestion = (
	signal: Signal,
	targets: readonly Target[],
	{tagged = false, selection, matching = noPids, ...context}: SignalContext,
): Question => {
	const [only] = targets;
	if (targets.length === 1 && only && refusalOf(signal, only) === undefined)
		return questionAboutOne(signal, only as KnownTarget, context, tagged ? 'the tagged ' : '');
	const chosen = targets.filter(target => leftOutOf(signal, target) === undefined) as readonly KnownTarget[];
	const sessions = plural(chosen.length, 'session');
	return question(context, {
		action: {
			kind: 'signal',
			signal,
			targets: chosen,
			...(selection && {bulk: {...selection, matching, leftOut: leftOutGroups(signal, targets)}}),
		},
		title: signal === 'cancel' ? `Cancel the statements of ${sessions}?` : `Terminate ${sessions}?`,
		facts: factsOfSeveral(signal, targets, chosen, context.askedAt, selection?.filter),
		sql: signalStatement(signal),
		cautions: byPids(chosen, target => cautionsOf(signal, target)),
		risks: [...byPids(chosen, risksOf), roundsSentence(chosen.length)],
		verb: signal,
		word: String(chosen.length),
		declineText: 'Nothing sent.',
	});
};

type SignalContext = QuestionContext & {
	readonly tagged?: boolean;
	readonly selection?: Selection;
	readonly matching?: ReadonlySet<number>;
};

const noPids: ReadonlySet<number> = new Set();

const roundsSentence = (count: number): string =>
	count > roundSize
		? `Sessions are signaled one by one and checked again after every ${roundSize}; Esc stops.`
		: 'Sessions are signaled one by one; Esc stops.';

const questionAboutOne = (signal: Signal, target: KnownTarget, context: QuestionContext, adjective: string): Question =>
	question(context, {
		action: {kind: 'signal', signal, targets: [target]},
		title: `${signal === 'cancel' ? 'Cancel the statement of' : 'Terminate'} ${adjective}session ${target.pid}?`,
		facts: factsOfOne(signal, target, context.askedAt),
		sql: signalStatement(signal),
		cautions: cautionsOf(signal, target),
		risks: risksOf(target),
		verb: signal,
		word: signal,
		declineText: `Nothing sent to ${nameOf(target)}.`,
	});

/** Sentences about several targets, each once, behind the pids that it is about. */
const byPids = (targets: readonly Target[], sentencesOf: (target: Target) => readonly string[]): readonly string[] =>
	Array.from(
		Map.groupBy(
			targets.flatMap(target => sentencesOf(target).map(sentence => ({sentence, pid: target.pid}))),
			({sentence}) => sentence,
		),
		([sentence, entries]) => `${pidList(entries.map(({pid}) => pid))}: ${sentence}`,
	);
