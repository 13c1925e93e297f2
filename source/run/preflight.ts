import type {ConnectionTarget} from '../adapters/connect/connection.ts';
import type {Invocation} from '../command-line/options.ts';
import {parseLock} from '../core/locks/lock-request.ts';
import {unreadOf} from '../core/pane/missing.ts';
import {jsonLine} from '../core/recording/lines.ts';
import {type Sample, sentences} from '../core/sample/sample.ts';
import {nameOfRelation, type PreflightScope} from '../core/sample/scope.ts';
import {clean} from '../core/text/clean.ts';
import {joinSentences} from '../core/text/sentence.ts';
import {UserError} from '../core/values/errors.ts';
import {parseRelationName} from '../core/values/relation-name.ts';
import {type Printable, preflightJson, unreadJson} from '../panes/preflight/document.ts';
import {perSecondOf, preflightPane} from '../panes/preflight/preflight.ts';
import {sentenceOf, verdictOf} from '../panes/preflight/verdict.ts';
import {put} from '../system/standard-streams.ts';
import type {Settings} from './commands.ts';
import {printed} from './print.ts';
import {answersMs, samplesOfNow} from './samples.ts';
import {watchServer} from './server.ts';
import {type Outcome, withTarget} from './target.ts';

const waitStatus = 1;
const unknownStatus = 3;

/** Table and lock of a command line; throws a UserError if one is not valid. */
const preflightScope = ({table = '', lock = 'access exclusive'}: Invocation): PreflightScope => {
	const relation = parseRelationName(table);
	if (relation?.rest !== '')
		throw new UserError(`${JSON.stringify(table)} is not the name of a table.`, {
			hint: 'Use orders, public.orders or \'"Order Items"\'.',
			exitCode: 2,
		});
	const request = parseLock(lock);
	if (!request.ok)
		throw new UserError(`${JSON.stringify(lock)} is not a lock mode or a command.`, {
			hint: `Did you mean ${request.nearest.join(', ')}?`,
			exitCode: 2,
		});
	return {relation: {schema: relation.schema, name: relation.name}, lock};
};

/**
 * `preflight TABLE`: prints whether a lock would be granted now. Resolves to 0 if it would, 1 if it would wait, 3 if that could not
 * be told; throws a UserError for a table or a lock that does not exist, and for a server that cannot be reached.
 */
export const preflight = async (invocation: Invocation, settings: Settings): Promise<number> => {
	const scope = preflightScope(invocation);
	try {
		return await withTarget(invocation, settings, target => checkOnce(target, invocation, scope));
	} catch (error) {
		// 1 would say that the lock would wait.
		if (!(error instanceof UserError) || error.exitCode !== waitStatus) throw error;
		throw new UserError(error.message, {exitCode: unknownStatus, ...(error.hint !== undefined && {hint: error.hint})});
	}
};

const checkOnce = async (target: ConnectionTarget, invocation: Invocation, scope: PreflightScope): Promise<Outcome> => {
	const {source} = watchServer(target, {intervalMs: invocation.intervalMs, mostWaitMs: answersMs, eager: true});
	const samples = await samplesOfNow(source, [preflightPane], {preflight: scope});
	if ('code' in samples) return samples;
	const sample = samples.at(-1) as Sample;
	const isJson = (invocation.format ?? (process.stdout.isTTY ? 'text' : 'json')) === 'json';
	const verdict = verdictOf(sample);
	if (!verdict) return reportUnread(scope, sample, isJson);
	if (verdict.kind === 'refused')
		throw new UserError(verdict.message, {exitCode: 2, ...(verdict.hint !== undefined && {hint: verdict.hint})});
	const text = isJson ? jsonLine(preflightJson(verdict, sample, samples)) : textOf(verdict, samples);
	return (await put(`${text}\n`)) || statusOf(verdict);
};

const reportUnread = async ({relation, lock}: PreflightScope, sample: Sample, isJson: boolean): Promise<number> => {
	const error = unreadOf(preflightPane, sample) ?? {code: 'unread', message: 'The locks could not be read in time.'};
	const text = isJson
		? jsonLine(unreadJson(nameOfRelation(relation), lock, sample, error))
		: clean(joinSentences('Could not tell.', sentences(error)));
	return (await put(`${text}\n`)) || unknownStatus;
};

const textOf = (verdict: Printable, samples: readonly Sample[]): string => {
	const sample = samples.at(-1) as Sample;
	const sentence = clean(sentenceOf(verdict, perSecondOf(verdict, sample, samples)));
	if (verdict.kind === 'unknown' || verdict.obstacles.length === 0) return sentence;
	const table = printed(sample, samples, {panes: [preflightPane.id], format: 'text', filter: '', sort: undefined});
	return `${sentence}\n\n${table.text}`;
};

const statusOf = (verdict: Printable): number => {
	if (verdict.kind === 'unknown') return unknownStatus;
	return verdict.obstacles.length === 0 ? 0 : waitStatus;
};
