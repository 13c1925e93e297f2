import {lastUntil, type Past} from '../core/past.ts';
import type {Sample} from '../core/sample.ts';
import {clean} from '../core/text.ts';
import {secondsUntil, trend} from '../core/trend.ts';
import {duration, msOf, percent} from '../core/units.ts';
import {loadOf} from '../panes/load.ts';
import {factsOf} from '../panes/reading.ts';
import {facts} from '../queries/server.ts';
import {type Session, sessions} from '../queries/sessions.ts';
import {defineRule} from './rule.ts';
import {severityOf, worst} from './thresholds.ts';
import {clientsOf} from './who.ts';

const windowMs = 120_000;
const leastSeconds = 20;

/** Connections near the limit: whose they are, how many do nothing, and when none is left. */
export const connections = defineRule({
	id: 'connections',
	help: 'Connections near max_connections, without those reserved for superusers: whose they are, and how many do nothing.',
	queries: [sessions, facts],
	find: (sample, past, limits) => {
		const server = factsOf(sample);
		if (!server || sample.results[sessions.name]?.ok !== true) return [];
		const most = server.max_connections - server.reserved_connections;
		const used = loadOf(sample).connections + sample.own.length;
		const left = Math.max(0, most - used);
		const ends = secondsUntil(left, growth(sample, past));
		const near = ends !== null && used / most >= (limits.connections_ratio.warning ?? 1) / 2;
		const severity = worst(
			severityOf(used / most, limits.connections_ratio),
			near ? severityOf(ends, limits.connections_end_seconds) : undefined,
		);
		if (!severity) return [];
		const [owner] = ownersOf(sample);
		const whose = owner ? `${owner.name} has ${owner.count}, ${owner.idle} of them idle` : 'whose they are this role may not see';
		const soon = near ? ` At this pace none is left in ${duration(ends)}.` : '';
		return [
			{
				subject: 'connections',
				severity,
				weight: used / most,
				summary: clean(`${used} of ${most} connections are taken; ${whose}.`),
				evidence: clean(`${percent(used / most)} of max_connections less ${server.reserved_connections} reserved.${soon}`),
				pid: owner?.longest?.pid ?? null,
				leads: owner
					? {pane: 'sessions', identity: null, filter: `${owner.column}=${quoted(owner.value)} state=idle`}
					: {pane: 'sessions', identity: null},
				action: 'b lists the idle ones of that application: * tags them, K ends them.',
			},
		];
	},
});

/** Connections that come a second, over the last two minutes; null before that is known. */
const growth = (sample: Sample, past: Past): number | null => {
	const from = msOf(sample.at) - windowMs;
	const counted = [sample];
	// One in five is enough to see a pace.
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index -= 5) {
		const before = past.at(index);
		if (!before || msOf(before.at) < from) break;
		counted.push(before);
	}
	return trend(
		counted.toReversed().map(each => ({at: each.at, value: loadOf(each).connections})),
		leastSeconds,
	);
};

type Owner = {
	readonly name: string;
	readonly column: 'app' | 'user';
	readonly value: string;
	readonly count: number;
	readonly idle: number;
	/** The one that has done nothing for the longest time. */
	readonly longest: Session | undefined;
};

/** Whose the connections are, the most first: by application, or by role where that has no name. */
const ownersOf = (sample: Sample): readonly Owner[] => {
	const groups = Map.groupBy(
		clientsOf(sample).filter(({usename}) => usename !== null),
		({application_name, usename}) => (application_name ? `app ${application_name}` : `user ${usename}`),
	);
	return [...groups]
		.map(([key, group]): Owner => {
			const column = key.startsWith('app ') ? 'app' : 'user';
			const value = key.slice(column.length + 1);
			const idle = group.filter(({state}) => state === 'idle');
			const longest = idle.toSorted((a, b) => ((a.state_change ?? '') < (b.state_change ?? '') ? -1 : 1))[0];
			return {name: value, column, value, count: group.length, idle: idle.length, longest};
		})
		.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
