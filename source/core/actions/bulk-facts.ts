import {type Instant, secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import type {LeftOut} from './bulk.ts';
import {type Fact, fact} from './question.ts';
import type {Signal} from './signal.ts';
import {type KnownTarget, leftOutOf, type Target} from './target.ts';
import {unblocksOf, visibleName} from './target-facts.ts';

/** Facts of the targets of a signal to several: how many of which application, state and age, and who is left out. */
export const factsOfSeveral = (
	signal: Signal,
	targets: readonly Target[],
	chosen: readonly KnownTarget[],
	askedAt: Instant,
	filter = '',
): readonly Fact[] => [
	fact(
		'by app',
		countsOf(chosen, ({application_name}) => visibleName(application_name ?? '?')),
	),
	fact(
		'by state',
		countsOf(chosen, ({state}) => state ?? 'unknown'),
	),
	fact('by age', agesOf(chosen, askedAt)),
	...(filter === '' ? [] : [fact('filter', `${filter} (a session that no longer matches is spared)`)]),
	...leftOutFacts(signal, targets),
	...unblocksOf(signal, chosen),
	fact(
		'pids',
		chosen
			.map(({pid}) => pid)
			.toSorted((a, b) => a - b)
			.join(', '),
		'dim',
		3,
	),
];

/** Counts of the targets by a name, the largest first, then by name: `12 checkout, 3 worker`. */
const countsOf = (targets: readonly Target[], nameOf: (target: Target) => string): string =>
	[...Map.groupBy(targets, nameOf)]
		.toSorted(([one, a], [other, b]) => b.length - a.length || (one < other ? -1 : 1))
		.map(([name, {length}]) => `${length} ${name}`)
		.join(', ');

const steps: readonly (readonly [fromSeconds: number, name: string])[] = [
	[3600, 'over 1h'],
	[600, '10m to 1h'],
	[60, '1m to 10m'],
	[10, '10s to 1m'],
	[0, 'under 10s'],
];

/** Seconds since the transaction of a target began, or its statement without one; null if unknown. */
const ageOf = ({xact_start, query_start}: Target, now: Instant): number | null => secondsBetween(xact_start ?? query_start, now);

/** Counts of the targets by the age of their transaction, oldest first, and the greatest age. */
const agesOf = (targets: readonly Target[], now: Instant): string => {
	const ages = targets.map(target => ageOf(target, now));
	const known = ages.filter(age => age !== null);
	const stepOf = (age: number): string => steps.find(([from]) => age >= from)?.[1] ?? 'under 10s';
	const groups = Map.groupBy(known, stepOf);
	const unknown = ages.length - known.length;
	const parts = [
		...steps.flatMap(([, name]) => (groups.has(name) ? [`${name}: ${groups.get(name)?.length}`] : [])),
		...(unknown > 0 ? [`unknown: ${unknown}`] : []),
	];
	return known.length === 0 ? parts.join(', ') : `${parts.join(', ')}; oldest ${duration(Math.max(...known))}`;
};

const mostPids = 3;

/** The targets that are left out, by reason; a few are named by their pids. */
const leftOutFacts = (signal: Signal, targets: readonly Target[]): readonly Fact[] =>
	leftOutGroups(signal, targets).map(({reason, pids}, index) =>
		fact(
			index === 0 ? 'left out' : '',
			`${pids.length} ${reason}${pids.length > mostPids ? '' : ` (${pids.join(', ')})`}`,
			'warn',
		),
	);

/** The reasons to leave targets out, with the pids of each. */
export const leftOutGroups = (signal: Signal, targets: readonly Target[]): readonly LeftOut[] =>
	Array.from(
		Map.groupBy(
			targets.flatMap(target => {
				const reason = leftOutOf(signal, target);
				return reason === undefined ? [] : [{reason, pid: target.pid}];
			}),
			({reason}) => reason,
		),
		([reason, group]) => ({reason, pids: group.map(({pid}) => pid)}),
	);
