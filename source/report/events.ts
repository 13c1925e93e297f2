import type {Happening, ReportedAction, Trouble} from './report.ts';

// A finding of the first sample began at an unknown time.
const begins = ({severity, first_summary, times, from_start}: Trouble): readonly Happening[] =>
	times.map(({from}, index) => ({
		at: from,
		kind: 'begin',
		severity,
		text: from_start && index === 0 ? `Present from the start: ${first_summary}` : first_summary,
	}));

const ends = ({severity, summary, times, to_end}: Trouble): readonly Happening[] =>
	times.slice(0, to_end ? -1 : undefined).map(({to}) => ({at: to, kind: 'end', severity, text: summary}));

const actionEvents = ({at, target, statement, outcome, effects}: ReportedAction): readonly Happening[] => [
	{at, kind: 'action', severity: null, text: `${target ?? statement ?? '?'}: ${outcome}`},
	...effects.map((effect): Happening => ({at: effect.at, kind: 'effect', severity: null, text: effect.outcome})),
];

/** Events in the order of time: beginnings and ends of findings, actions with their effects, and others. */
export const happeningsOf = (
	findings: readonly Trouble[],
	actions: readonly ReportedAction[],
	others: readonly Happening[],
): readonly Happening[] =>
	[...findings.flatMap(finding => [...begins(finding), ...ends(finding)]), ...actions.flatMap(actionEvents), ...others].sort(
		(a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0),
	);
