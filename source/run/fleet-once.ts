import {createServerDisks} from '../adapters/host/server-disks.ts';
import {watchFleet} from '../adapters/poll/fleet.ts';
import type {Invocation} from '../command-line/options.ts';
import type {Sample} from '../core/sample/sample.ts';
import {UserError} from '../core/values/errors.ts';
import {msOf} from '../core/values/instant.ts';
import type {Limits} from '../findings/thresholds.ts';
import {fleet} from '../queries/beside/fleet.ts';
import {put} from '../system/standard-streams.ts';
import type {Fleet} from './fleet-members.ts';
import {assertPrintable, printed} from './print.ts';
import {answersMs, samplesUntil} from './samples.ts';

// A wait that lasts this long is not an ordinary one, and counters of busy backends have moved.
const spanMs = 3000;

/**
 * `fleet --once`: prints a row for every server; resolves to 3 if part of it is missing, and throws a UserError with status 1 if no
 * server answered.
 */
export const fleetOnce = async (
	{members, missing}: Omit<Fleet, 'close'>,
	invocation: Invocation,
	limits: Limits,
): Promise<number> => {
	const panes = [fleet.name];
	const {filter, sort, group, ascii} = invocation;
	assertPrintable({panes, filter, sort, group});
	const samples: Sample[] = [];
	const isEnough = (): boolean => msOf(samples.at(-1)?.at ?? '') - msOf(samples[0]?.at ?? '') >= spanMs;
	const source = watchFleet(members, {
		intervalMs: invocation.intervalMs,
		firstWaitMs: answersMs,
		waitMs: answersMs,
		openDisks: createServerDisks(),
		missing,
	});
	await samplesUntil(source, {panes, samples, isEnough});
	const sample = samples.at(-1) as Sample;
	const asked = invocation.format === 'openmetrics' ? undefined : invocation.format;
	const format = asked ?? (process.stdout.isTTY ? 'text' : 'json');
	const {text, partial} = printed(sample, samples, {panes, limits, format, filter, sort, ascii});
	const written = await put(`${text}\n`);
	const answer = sample.results[fleet.name];
	const rows = answer?.ok ? answer.rows : [];
	if (rows.every(({status}) => status !== 'up'))
		throw new UserError('None of the servers answers.', {hint: 'The rows say why.', exitCode: 1});
	return written || (partial ? 3 : 0);
};
