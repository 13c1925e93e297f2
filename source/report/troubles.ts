import {compareRanks, type Finding, nameOfFinding} from '../core/pane/finding.ts';
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
	readonly firstSummary: string;
	worst: Finding;
	worstAt: Instant;
};

// A finding that comes and goes for an hour has more times than anyone reads.
const mostTimes = 100;
const mostKept = 2000;

// Among equals the later one has lasted longer.
const isWorse = (a: Finding, b: Finding): boolean => {
	const rank = compareRanks(a, b);
	return rank < 0 || (rank === 0 && a.weight >= b.weight);
};

/** Collects findings, each over all the time it was present. */
export const collectTroubles = () => {
	const troubles = new Map<string, Kept>();
	let newest: Instant = '';

	const addStep = ({sample: {at}, findings, before, gap}: Step): void => {
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
					firstSummary: finding.summary,
					worst: finding,
					worstAt: at,
				});
				continue;
			}
			const paused = secondsBetween(kept.last, at) ?? 0;
			const time = kept.times.at(-1);
			const continues = (kept.last === before?.at && !gap) || paused < pauseSeconds;
			if (continues) kept.seconds += paused;
			if (time && (continues || kept.times.length >= mostTimes)) time.to = at;
			else kept.times.push({from: at, to: at});
			kept.last = at;
			if (isWorse(finding, kept.worst)) [kept.worst, kept.worstAt] = [finding, at];
		}
	};

	const result = (): readonly Trouble[] =>
		[...troubles.values()]
			.map(
				({first, last, seconds, times, fromStart, firstSummary, worst, worstAt}): Trouble => ({
					rule: worst.rule,
					subject: worst.subject,
					severity: worst.severity,
					ongoing: worst.ongoing,
					sessions: worst.sessions,
					first,
					last,
					seconds: rounded(seconds),
					times,
					from_start: fromStart,
					to_end: last === newest,
					worst_at: worstAt,
					first_summary: firstSummary,
					summary: worst.summary,
					evidence: worst.evidence,
				}),
			)
			.sort(
				(a, b) =>
					compareRanks(a, b) ||
					orderOf(a) - orderOf(b) ||
					b.seconds - a.seconds ||
					(a.first < b.first ? -1 : a.first > b.first ? 1 : nameOfTrouble(a) < nameOfTrouble(b) ? -1 : 1),
			);
	return {addStep, result};
};

const orders = new Map(rules.map(({id}, order) => [id, order]));

const orderOf = ({rule}: Trouble): number => orders.get(rule) ?? orders.size;

const nameOfTrouble = ({rule, subject}: Trouble): string => `${rule} ${subject}`;
