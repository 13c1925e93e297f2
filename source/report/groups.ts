import type {Sample} from '../core/sample/sample.ts';
import {databaseNamesOf} from '../panes/reading/answers.ts';
import type {Session} from '../queries/activity/sessions.ts';
import type {Group} from './report.ts';

type Counted = {-readonly [K in keyof Group]: Group[K]};

/** Sessions counted by application, role and database. */
export type Groups = {
	readonly add: (session: Session, sample: Sample) => void;
	/** The largest first. */
	readonly groups: () => readonly Group[];
};

/** Creates an empty count. */
export const createGroups = (): Groups => {
	const groups = new Map<string, Counted>();
	return {
		add: ({application_name, usename, datid}, sample) => {
			const database = databaseName(datid, sample);
			const key = JSON.stringify([application_name, usename, database]);
			const group = groups.get(key);
			if (group) group.sessions++;
			else groups.set(key, {application: application_name || null, user: usename, database, sessions: 1});
		},
		groups: () =>
			[...groups.entries()]
				.sort(([a, x], [b, y]) => y.sessions - x.sessions || (a < b ? -1 : 1))
				.map(([, group]) => ({...group})),
	};
};

/** Name of a database, or its oid if the name is unknown. */
export const databaseName = (datid: number | null, sample: Sample): string | null =>
	datid === null ? null : (databaseNamesOf(sample).get(datid) ?? String(datid));
