import {setTimeout as sleep} from 'node:timers/promises';
import type {ConnectionTarget} from '../adapters/connect/connection.ts';
import type {Invocation} from '../command-line/options.ts';
import {nameOfFinding} from '../core/pane/finding.ts';
import {rowJson} from '../core/pane/json.ts';
import {jsonLine} from '../core/recording/lines.ts';
import type {Failure, Sample} from '../core/sample/sample.ts';
import {nearestOf} from '../core/text/nearest.ts';
import {joinSentences} from '../core/text/sentence.ts';
import {UserError} from '../core/values/errors.ts';
import {msOf} from '../core/values/instant.ts';
import {duration} from '../core/values/units.ts';
import {rules} from '../findings/index.ts';
import type {Limits} from '../findings/thresholds.ts';
import {type Check, checkSample, checkStatuses, secondsAsked} from '../monitoring/check.ts';
import {checkLine, unknownLine} from '../monitoring/check-text.ts';
import {registryWith} from '../panes/index.ts';
import {put} from '../system/standard-streams.ts';
import type {Settings} from './commands.ts';
import {answersMs, samplesUntil} from './samples.ts';
import {watchServer} from './server.ts';
import {type Outcome, withTarget} from './target.ts';

/** Throws a UserError for a rule that does not exist. */
const assertRules = (ids: readonly string[]): void => {
	const names = rules.map(({id}) => id);
	const unknown = ids.find(id => !names.includes(id));
	if (unknown === undefined) return;
	throw new UserError(`Unknown rule ${JSON.stringify(unknown)}.`, {
		hint: `Did you mean ${nearestOf(unknown, names)[0]}?`,
		exitCode: 2,
	});
};

/** Prints that a check could not be made, and why; resolves to its exit status. */
export const printUnknown = async ({message, hint}: UserError, isJson: boolean): Promise<number> => {
	const missing = [{what: 'check', code: 'error', message, hint: hint ?? null}];
	const text = isJson ? jsonLine({status: 'unknown', findings: [], missing}) : unknownLine(joinSentences(message, hint));
	return (await put(`${text}\n`)) || checkStatuses.unknown;
};

/**
 * `check`: prints the verdict of the rules and resolves to 0 if it is ok, 1 for a warning, 2 if it is critical, and 3 if it is
 * unknown, also without a connection.
 */
export const check = async (invocation: Invocation, settings: Settings): Promise<number> => {
	try {
		assertRules(invocation.rules);
		return await withTarget(invocation, settings, target => checkServer(target, invocation, settings.limits));
	} catch (error) {
		if (error instanceof UserError) return printUnknown(error, invocation.format === 'json');
		throw error;
	}
};

const timedOut = (seconds: number): Failure => ({
	code: 'timeout',
	message: `The server did not answer within ${duration(seconds)}.`,
	hint: 'A longer --timeout waits longer.',
});

const checkServer = async (target: ConnectionTarget, invocation: Invocation, limits: Limits): Promise<Outcome> => {
	const {intervalMs, timeoutMs, rules: ids, failOn, patroni} = invocation;
	const startedAt = performance.now();
	const spanMs = secondsAsked(ids) * 1000;
	const samples: Sample[] = [];
	// Counters are compared with an earlier sample.
	const isEnough = (): boolean =>
		samples.length > 1 && msOf(samples.at(-1)?.at ?? '') - msOf(samples[0]?.at ?? '') >= Math.min(spanMs, timeoutMs / 2);
	const {source} = watchServer(target, {
		intervalMs,
		pgbouncer: invocation.pgbouncer,
		patroni,
		mostWaitMs: Math.min(answersMs, timeoutMs / 3),
		eager: true,
	});
	const sampled = samplesUntil(source, {panes: ['triage'], samples, isEnough});
	const failure = await Promise.race([sampled, sleep(timeoutMs, timedOut(timeoutMs / 1000), {ref: false})]);
	const sample = samples.at(-1);
	if (!sample || (failure && failure.code !== 'timeout')) return failure ?? timedOut(timeoutMs / 1000);
	const verdict = checkSample(sample, samples, {rules: ids, failOn, limits});
	const seconds = (performance.now() - startedAt) / 1000;
	const text = invocation.format === 'json' ? jsonLine(checkJson(verdict, samples, limits)) : checkLine(verdict, sample, seconds);
	return (await put(`${text}\n`)) || checkStatuses[verdict.status];
};

const checkJson = ({status, findings, missing}: Check, samples: readonly Sample[], limits: Limits) => {
	const sample = samples.at(-1) as Sample;
	const pane = registryWith(limits).pane('triage');
	const found = new Set(findings.map(nameOfFinding));
	const rows = pane.rows(sample, samples).filter(row => found.has(pane.identity(row)));
	return {
		status,
		at: sample.at,
		findings: rows.map(row => rowJson(pane, row, sample.at)),
		missing: missing.map(({what, code, message, hint, rules: ids}) => ({what, code, message, hint: hint ?? null, rules: ids})),
	};
};
