import type {ExplainRequest} from '../../explain/request.ts';
import type {Sample} from '../../sample/sample.ts';
import type {Registry} from '../../state/registry.ts';
import type {State} from '../../state/state.ts';
import {toWidth} from '../../text/clean.ts';
import {plural} from '../../text/words.ts';
import type {Instant} from '../../values/instant.ts';
import type {AdminCommand} from '../admin.ts';
import {pidList} from '../bulk.ts';
import type {Maintenance} from '../maintenance.ts';
import type {News, Question} from '../question.ts';
import type {Signal} from '../signal.ts';
import type {KnownTarget, Target} from '../target.ts';
import {firstLineOf} from '../target-facts.ts';

// Every line of the news is shown: the rest of a long statement must not take the room of the answer.
const mostCells = 100;

/** A target as asked and as it is now: undefined after its session ended. */
type Standing = {readonly asked: KnownTarget; readonly now: Target | undefined};

/**
 * The state with an open question as of a new sample: it says at once that its target ended or is something else now. A key sent
 * before such news was seen does not answer.
 */
export const followTargets = (registry: Registry, state: State, sample: Sample): State => {
	const question = state.overlay?.kind === 'confirm' ? state.overlay : undefined;
	if (!question) return state;
	const news = newsOfQuestion(registry, question, sample);
	return news === 'unread' || isSame(news, question.news) ? state : {...state, overlay: withNews(question, news)};
};

const newsOfQuestion = (registry: Registry, {action, askedAt}: Question, sample: Sample): News | 'unread' | undefined => {
	switch (action.kind) {
		case 'signal': {
			const standings = action.targets.map(asked => ({asked, now: registry.targetNow(asked, sample)}));
			return standings.some(({now}) => now === 'unread') ? 'unread' : newsOf(action.signal, standings as readonly Standing[]);
		}
		case 'maintain':
			return newsOfRelation(registry, action, sample, askedAt);
		case 'admin':
			return newsOfCommand(registry, action.command, sample, askedAt);
		case 'explain':
			return newsOfSubject(registry, action.request, sample);
		default:
			return action satisfies never;
	}
};

const voidNews = (...sentences: readonly string[]): News => ({sentences, isVoid: true});
const openNews = (sentences: readonly string[]): News | undefined =>
	sentences.length === 0 ? undefined : {sentences, isVoid: false};

/** News of a relation before maintenance: it is gone or renamed, or something else maintains or blocks it. */
const newsOfRelation = (
	registry: Registry,
	{maintenance, relation}: Extract<Question['action'], {kind: 'maintain'}>,
	sample: Sample,
	askedAt: Instant,
): News | 'unread' | undefined => {
	const now = registry.relationNow(relation, sample, askedAt);
	if (now === 'unread') return 'unread';
	const {name} = relation;
	if (now.isGone) return voidNews(`${name} no longer exists; nothing to ${maintenanceVerb[maintenance]}.`);
	return openNews([
		...(now.name === undefined || now.name === name ? [] : [`It was renamed: it is now ${now.name}.`]),
		...now.commands.map(({pid, command}) => `${pid} runs ${command} on it now.`),
	]);
};

const maintenanceVerb: Readonly<Record<Maintenance, string>> = {
	vacuum: 'vacuum',
	'vacuum-parallel': 'vacuum',
	'vacuum-quick': 'vacuum',
	analyze: 'analyze',
	reindex: 'reindex',
	repack: 'repack',
};

/** News of the target of an admin command. */
const newsOfCommand = (
	registry: Registry,
	command: AdminCommand,
	sample: Sample,
	askedAt: Instant,
): News | 'unread' | undefined => {
	switch (command.kind) {
		case 'rollback-prepared': {
			const exists = registry.preparedNow(command.transaction, sample, askedAt);
			if (exists === 'unread') return 'unread';
			return exists ? undefined : voidNews('The prepared transaction ended; nothing to roll back.');
		}
		case 'drop-slot': {
			const {name, restart_lsn} = command.slot;
			const now = registry.slotNow(name, sample, askedAt);
			if (now === 'unread') return 'unread';
			if (!now) return voidNews(`Slot ${name} no longer exists; nothing to drop.`);
			if (now.active) return voidNews(`Slot ${name} is in use again${now.active_pid === null ? '' : ` by ${now.active_pid}`}.`);
			return now.restart_lsn === restart_lsn
				? undefined
				: voidNews(`Slot ${name} was used: its restart_lsn is now ${now.restart_lsn ?? 'unknown'}. Ask again.`);
		}
		case 'pooler-pause':
		case 'pooler-resume':
		case 'pooler-reconnect':
			return newsOfPool(registry, command, sample, askedAt);
		case 'pooler-kill-client': {
			const now = registry.poolClientNow(command.client, sample, askedAt);
			if (now === 'unread') return 'unread';
			if (!now) return voidNews(`Client ${command.client.id ?? '?'} left PgBouncer; nothing to kill.`);
			return now.server_pid === command.client.server_pid
				? undefined
				: openNews([now.server_pid === null ? 'It released its backend.' : `It holds backend ${now.server_pid} now.`]);
		}
		case 'reload':
		case 'reset-statistics':
		case 'reset-statement':
		case 'reset-statements':
			return undefined;
		default:
			return command satisfies never;
	}
};

/** News of a database of PgBouncer: it is gone, or was paused or resumed meanwhile. */
const newsOfPool = (
	registry: Registry,
	{kind, pool}: Extract<AdminCommand, {readonly pool: unknown}>,
	sample: Sample,
	askedAt: Instant,
): News | 'unread' | undefined => {
	const now = registry.poolNow(pool, sample, askedAt);
	if (now === 'unread') return 'unread';
	if (!now) return voidNews(`PgBouncer has no pool of ${pool.database} any longer.`);
	if (kind === 'pooler-pause' && now.paused === true) return voidNews(`${pool.database} was paused meanwhile.`);
	if (kind === 'pooler-resume' && now.paused === false) return voidNews(`${pool.database} was resumed meanwhile.`);
	return undefined;
};

/** News of the session whose statement is explained: the text remains, so that it can still be confirmed. */
const newsOfSubject = (registry: Registry, request: ExplainRequest, sample: Sample): News | 'unread' | undefined => {
	const {pid, query} = request;
	if (pid === null) return undefined;
	const now = registry.statementNow(pid, sample);
	if (now === 'unread') return 'unread';
	if (!now) return openNews([`Session ${pid} ended; its statement can still be explained.`]);
	if (now.query === query && now.state === 'active') return undefined;
	return openNews([
		now.query === query
			? `Session ${pid} finished the statement.`
			: `Session ${pid} now runs another statement: ${toWidth(firstLineOf(now).trim(), mostCells, 'left', '~').trimEnd()}`,
	]);
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
