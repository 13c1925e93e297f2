import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {rounded} from '../core/values/units.ts';
import {statementOf} from '../panes/reading/statement.ts';
import type {Session} from '../queries/activity/sessions.ts';
import {databaseName} from './groups.ts';
import {activeOf, waitOf} from './peak.ts';
import type {Longest} from './report.ts';
import type {Step} from './step.ts';

const mostRows = 10;
const mostKept = 500;
// Shorter statements are not worth a line in an incident report.
const leastSeconds = 1;

type Kept = {-readonly [K in keyof Longest]: Longest[K]};

/** Collects the longest running statements, each once, with the session that ran it longest. */
export const collectLongest = () => {
	const kinds = new Map<string, Kept>();

	const addStep = ({sample}: Step): void => {
		const now = new Map<string, number>();
		for (const session of activeOf(sample)) {
			const seconds = secondsBetween(session.query_start, sample.at) ?? 0;
			const query = seconds < leastSeconds ? null : statementOf(session);
			if (query === null) continue;
			const count = (now.get(query) ?? 0) + 1;
			now.set(query, count);
			const kept = kinds.get(query);
			const sessions = Math.max(kept?.sessions ?? 0, count);
			if (kept && seconds <= kept.seconds) kept.sessions = sessions;
			else kinds.set(query, {...ranBy(session, sample), query, seconds, at: sample.at, sessions});
		}
		if (kinds.size > mostKept) for (const [key] of inOrder(kinds).slice(mostKept / 2)) kinds.delete(key);
	};

	const result = (): readonly Longest[] =>
		inOrder(kinds)
			.slice(0, mostRows)
			.map(([, kept]) => ({...kept, seconds: rounded(kept.seconds)}));
	return {addStep, result};
};

const ranBy = (session: Session, sample: Sample): Pick<Kept, 'user' | 'database' | 'application' | 'wait'> => ({
	user: session.usename,
	database: databaseName(session.datid, sample),
	application: session.application_name || null,
	wait: waitOf(session),
});

const inOrder = (kinds: ReadonlyMap<string, Kept>): readonly (readonly [string, Kept])[] =>
	[...kinds].sort(([a, x], [b, y]) => y.seconds - x.seconds || y.sessions - x.sessions || (a < b ? -1 : 1));
