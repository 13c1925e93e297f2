import {type Finding, nameOfFinding, severities} from '../core/pane/finding.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {rounded} from '../core/values/units.ts';
import {rules} from '../findings/index.ts';
import type {Trouble} from './report.ts';
import {pauseSeconds, type Step} from './step.ts';

type Kept = {
	readonly first: Instant;
	last: Instant;
	seconds: number;
	times: {readonly from: Instant; to: Instant}[];
	readonly fromStart: boolean;
	readonly begun: string;
	worst: Finding;
	worstAt: Instant;
};

// What comes and goes for an hour has more times than anybody reads.
const mostTimes = 100;
const mostKept = 2000;

// Of two that are as bad the later one has gone on for longer.
const isWorse = (a: Finding, b: Finding): boolean =>
	severities.indexOf(a.severity) - severities.indexOf(b.severity) < 0 || (a.severity === b.severity && a.weight >= b.weight);

/** Collects what the rules found, each thing over all the time in which it was found. */
export const collectTroubles = () => {
	const troubles = new Map<string, Kept>();
	let newest: Instant = '';

	const see = ({sample: {at}, findings, before, gap}: Step): void => {
		newest = at;
		for (const finding of findings) {
			const name = nameOfFinding(finding);
			const kept = troubles.get(name);
			if (!kept) {
				if (troubles.size >= mostKept) continue;
				troubles.set(name, {
					first: at,
					last: at,
					seconds: 0,
					times: [{from: at, to: at}],
					fromStart: before === undefined,
					begun: finding.summary,
					worst: finding,
					worstAt: at,
				});
				continue;
			}
			const paused = secondsBetween(kept.last, at) ?? 0;
			const time = kept.times.at(-1);
			const goesOn = (kept.last === before?.at && !gap) || paused < pauseSeconds;
			if (goesOn) kept.seconds += paused;
			if (time && (goesOn || kept.times.length >= mostTimes)) time.to = at;
			else kept.times.push({from: at, to: at});
			kept.last = at;
			if (isWorse(finding, kept.worst)) [kept.worst, kept.worstAt] = [finding, at];
		}
	};

	const told = (): readonly Trouble[] =>
		[...troubles.values()]
			.map(
				({first, last, seconds, times, fromStart, begun, worst, worstAt}): Trouble => ({
					rule: worst.rule,
					subject: worst.subject,
					severity: worst.severity,
					first,
					last,
					seconds: rounded(seconds),
					times,
					from_start: fromStart,
					to_end: last === newest,
					worst_at: worstAt,
					first_summary: begun,
					summary: worst.summary,
					evidence: worst.evidence,
				}),
			)
			.sort(
				(a, b) =>
					severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
					placeOf(a) - placeOf(b) ||
					b.seconds - a.seconds ||
					(a.first < b.first ? -1 : a.first > b.first ? 1 : nameOfTrouble(a) < nameOfTrouble(b) ? -1 : 1),
			);
	return {see, told};
};

const places = new Map(rules.map(({id}, place) => [id, place]));

const placeOf = ({rule}: Trouble): number => places.get(rule) ?? places.size;

const nameOfTrouble = ({rule, subject}: Trouble): string => `${rule} ${subject}`;
