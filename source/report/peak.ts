import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {rounded} from '../core/values/units.ts';
import {clientsOf} from '../findings/session.ts';
import {rowsOf} from '../panes/reading/answers.ts';
import {loadOf} from '../panes/reading/load.ts';
import {statementOf} from '../panes/reading/statement.ts';
import {eventName} from '../panes/waits/rows.ts';
import type {Session} from '../queries/activity/sessions.ts';
import {waitSamples} from '../queries/activity/waits.ts';
import {createGroups} from './groups.ts';
import type {Peak} from './report.ts';
import type {Step} from './step.ts';

const mostRows = 8;

/** Clients that execute a statement in a sample. */
export const activeOf = (sample: Sample): readonly Session[] =>
	clientsOf(sample).filter(({state}) => state === 'active' || state === 'fastpath function call');

/** Wait event of a session; `CPU` if it has none. */
export const waitOf = ({wait_event_type, wait_event}: Session): string =>
	wait_event_type === null ? 'CPU' : eventName({wait_event_type, wait_event});

/** Collects the sample with the most active sessions, the first of equals. */
export const collectPeak = () => {
	let worst: Sample | undefined;
	let most = -1;
	return {
		addStep: ({sample}: Step): void => {
			const {average, known} = loadOf(sample);
			if (known !== 'none' && average > most) [worst, most] = [sample, average];
		},
		/** Null if no sample shows the activity of any session. */
		result: (): Peak | null => (worst ? peakOf(worst) : null),
	};
};

const peakOf = (sample: Sample): Peak => {
	const {average, connections, idleInTransaction} = loadOf(sample);
	const active = activeOf(sample);
	const who = createGroups();
	for (const session of active) who.add(session, sample);
	return {
		at: sample.at,
		active: rounded(average),
		connections,
		idle_in_transaction: idleInTransaction,
		waits: waitsOf(sample, active).slice(0, mostRows),
		who: who.groups().slice(0, mostRows),
		statements: statementsOf(sample, active).slice(0, mostRows),
	};
};

const waitsOf = (sample: Sample, active: readonly Session[]): Peak['waits'] => {
	const counts = new Map<string, number>();
	const add = (name: string, value: number): void => void counts.set(name, (counts.get(name) ?? 0) + value);
	const looks = rowsOf(sample, waitSamples);
	for (const each of looks) if (each.wait_event_type !== null) add(eventName(each), each.seen / each.looks);
	if (looks.length === 0) for (const session of active) add(waitOf(session), 1);
	return [...counts]
		.map(([wait, sessions]) => ({wait, sessions: rounded(sessions)}))
		.sort((a, b) => b.sessions - a.sessions || (a.wait < b.wait ? -1 : 1));
};

const statementsOf = (sample: Sample, active: readonly Session[]): Peak['statements'] => {
	const running = Map.groupBy(active, session => statementOf(session) ?? '');
	return [...running]
		.filter(([query]) => query !== '')
		.map(([query, sessions]) => {
			const waits = Map.groupBy(sessions, waitOf);
			const [wait = ''] = [...waits].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))[0] ?? [];
			const ages = sessions.flatMap(({query_start}) => secondsBetween(query_start, sample.at) ?? []);
			return {query, sessions: sessions.length, longest_seconds: ages.length > 0 ? rounded(Math.max(...ages)) : null, wait};
		})
		.sort(
			(a, b) => b.sessions - a.sessions || (b.longest_seconds ?? 0) - (a.longest_seconds ?? 0) || (a.query < b.query ? -1 : 1),
		);
};
