import type {Past} from '../../core/history/past.ts';
import type {Failure, Sample} from '../../core/sample/sample.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {type PreflightRow, perSecondOf, preflightPane} from './preflight.ts';
import type {PreflightVerdict} from './verdict.ts';

/** A verdict that can be printed. */
export type Printable = Exclude<PreflightVerdict, {kind: 'refused'}>;

/** A verdict as JSON; what could not be told is null, with the reason in `missing`. */
export const preflightJson = (verdict: Printable, sample: Sample, past: Past) => {
	const {relation, command} = verdict;
	const isKnown = verdict.kind === 'known';
	const rows = preflightPane.rows(sample, past) as readonly PreflightRow[];
	return {
		relation,
		lock: command.mode,
		granted_now: isKnown ? verdict.obstacles.length === 0 : null,
		would_wait_for: rows.map(row => obstacleJson(row, sample)),
		would_queue_behind_it: {statements_per_second: perSecondOf(verdict, sample, past)},
		at: sample.at,
		...(!isKnown && {missing: [{what: 'verdict', code: 'unknown', message: verdict.message, hint: null}]}),
	};
};

const obstacleJson = (row: PreflightRow, {at}: Sample) => ({
	pid: row.pid,
	mode: row.mode,
	relation: row.relation,
	state: row.state,
	application_name: row.application_name,
	xact_seconds: secondsBetween(row.xact_start, at),
	query: row.query ?? row.gid,
});

/** A preflight whose locks were not read, as JSON. */
export const unreadJson = (relation: string, lock: string, sample: Sample, {code, message, hint}: Failure) => ({
	relation,
	lock,
	granted_now: null,
	would_wait_for: [],
	would_queue_behind_it: {statements_per_second: null},
	at: sample.at,
	missing: [{what: 'locks', code, message, hint: hint ?? null}],
});
