import type {Sample} from '../../sample/sample.ts';
import type {Registry} from '../../state/registry.ts';
import type {State} from '../../state/state.ts';
import {toWidth} from '../../text/clean.ts';
import {plural} from '../../text/words.ts';
import {pidList} from '../bulk.ts';
import type {News, Question} from '../question.ts';
import type {Signal} from '../signal.ts';
import type {KnownTarget, Target} from '../target.ts';
import {firstLineOf} from '../target-facts.ts';

// Every line of the news is shown: the rest of a long statement must not take the room of the answer.
const mostCells = 100;

/** A target as asked and as it is now: undefined after its session ended. */
type Standing = {readonly asked: KnownTarget; readonly now: Target | undefined};

/**
 * The state with an open question about sessions as of a new sample: it says at once that a target ended or runs something else.
 * A key sent before such news was seen does not answer.
 */
export const followTargets = (registry: Registry, state: State, sample: Sample): State => {
	const question = state.overlay?.kind === 'confirm' ? state.overlay : undefined;
	if (question?.action.kind !== 'signal') return state;
	const {signal, targets} = question.action;
	const standings = targets.map(asked => ({asked, now: registry.targetNow(asked, sample)}));
	if (standings.some(({now}) => now === 'unread')) return state;
	const news = newsOf(signal, standings as readonly Standing[]);
	return isSame(news, question.news) ? state : {...state, overlay: withNews(question, news)};
};

const isSame = (a: News | undefined, b: News | undefined): boolean =>
	a?.isVoid === b?.isVoid && a?.sentences.join('\n') === b?.sentences.join('\n');

/** The question with news. It must be seen for a moment before it is answered, unless only its words changed. */
const withNews = (question: Question, news: News | undefined): Question => {
	const isAnother = (news === undefined) !== (question.news === undefined) || news?.isVoid !== question.news?.isVoid;
	return {...question, news, ...(isAnother && {paintedAt: undefined, ignored: undefined})};
};

const newsOf = (signal: Signal, standings: readonly Standing[]): News | undefined => {
	const [only] = standings;
	const sentences =
		standings.length === 1 && only
			? signal === 'terminate'
				? newsOfSession(only)
				: newsOfStatement(only)
			: newsOfSeveral(signal, standings);
	if (sentences.length === 0) return undefined;
	return {sentences, isVoid: standings.every(standing => isOver(signal, standing))};
};

/** True if a signal to the target has nothing left to do. */
const isOver = (signal: Signal, {asked, now}: Standing): boolean =>
	now === undefined || (signal === 'cancel' && !isSameStatement(asked, now));

const isSameStatement = (asked: Target, now: Target): boolean =>
	now.state === asked.state && now.query_start === asked.query_start;

const newsOfSession = ({asked, now}: Standing): readonly string[] => {
	if (!now) return [`Session ${asked.pid} ended; nothing to terminate.`];
	const isTransactionOver = asked.xact_start !== null && now.xact_start !== asked.xact_start;
	return [...(isTransactionOver ? ['Its transaction ended.'] : []), ...activityOf(asked, now)];
};

const newsOfStatement = ({asked, now}: Standing): readonly string[] => {
	if (!now) return [`Session ${asked.pid} ended; nothing to cancel.`];
	return isSameStatement(asked, now)
		? []
		: [`The statement of ${asked.pid} ended; nothing to cancel.`, ...activityOf(asked, now)];
};

/** What a session does now, if that is something else. */
const activityOf = (asked: Target, now: Target): readonly string[] => {
	if (isSameStatement(asked, now)) return [];
	if (now.state !== 'active') return [`The session is now ${now.state ?? 'in an unknown state'}.`];
	return [`The session now runs another statement: ${toWidth(firstLineOf(now).trim(), mostCells, 'left', '~').trimEnd()}`];
};

const newsOfSeveral = (signal: Signal, standings: readonly Standing[]): readonly string[] => {
	const over = standings.filter(standing => isOver(signal, standing));
	const subject = signal === 'cancel' ? 'statement' : 'session';
	if (over.length === standings.length) return [`All ${plural(over.length, subject)} ended; nothing to ${signal}.`];
	const changed = standings.filter(
		standing => !isOver(signal, standing) && standing.now && !isSameStatement(standing.asked, standing.now),
	);
	return [
		...(over.length === 0
			? []
			: [`${over.length} of ${plural(standings.length, subject)} ended: ${pidList(over.map(({asked}) => asked.pid))}.`]),
		...(changed.length === 0
			? []
			: [
					`${plural(changed.length, 'session runs', 'sessions run')} something else now: ${pidList(changed.map(({asked}) => asked.pid))}.`,
				]),
	];
};
