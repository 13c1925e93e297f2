import {lastUntil, type Past} from '../../../core/history/past.ts';
import {secondsUntil} from '../../../core/history/rates.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {msOf, secondsBetween} from '../../../core/values/instant.ts';
import {duration, percent} from '../../../core/values/units.ts';
import {factsOf, rowsOf} from '../../../panes/reading/answers.ts';
import {isClient, loadOf} from '../../../panes/reading/load.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {facts} from '../../../queries/server/server.ts';
import {defineRule} from '../../rule.ts';
import {severityOf, worstOf} from '../../thresholds.ts';
import {actionFor, add, emptyTally, idleWords, type Tally} from './tally.ts';

const windowMs = 120_000;
const leastSeconds = 30;

/** Connections close to the limit: their owner, how many are idle, and when none are left. */
export const connections = defineRule({
	id: 'connections',
	help: 'Connections close to max_connections, not counting those reserved for superusers: who owns them and how many are idle.',
	queries: [sessions, facts],
	find: (sample, past, limits) => {
		const {max_connections, reserved_connections} = factsOf(sample) ?? {};
		if (max_connections == null || sample.results[sessions.name]?.ok !== true) return [];
		const reserved = reserved_connections ?? 0;
		const most = max_connections - reserved;
		const all = loadOf(sample).connections + sample.own.length;
		// Those beyond the ordinary slots are in reserved ones.
		const used = Math.min(all, most);
		const inReserve = all > most ? `, and ${all - most} of ${reserved} reserved` : '';
		const left = Math.max(0, most - used);
		const ends = secondsUntil(left, growth(sample, past));
		const near = ends !== null && used / most >= (limits.connections_ratio.warning ?? 1) / 2;
		const severity = worstOf(
			severityOf(used / most, limits.connections_ratio),
			near ? severityOf(ends, limits.connections_end_seconds) : undefined,
		);
		if (!severity) return [];
		const [owner] = ownersOf(sample);
		const whose = owner ? `; ${owner.name} has ${owner.count}${idleWords(owner)}` : '';
		const soon = near ? ` None left in ${duration(ends)} at this rate.` : '';
		return [
			{
				subject: 'connections',
				severity,
				weight: used / most,
				summary: clean(`${used} of ${most} connections in use${inReserve}${whose}.`),
				evidence: clean(`${percent(used / most)} of max_connections minus ${reserved} reserved.${soon}`),
				pid: owner?.longest?.pid ?? null,
				leads: {pane: 'sessions', identity: null, ...(owner && {filter: filterFor(owner)})},
				action: owner ? actionFor(owner, owner.column === 'app' ? 'application' : 'role') : null,
			},
		];
	},
});

/**
 * New connections per second: the lowest rate of the three thirds of the last two minutes, so that a pool that opens all its
 * connections at once does not count. Null before it is known.
 */
const growth = (sample: Sample, past: Past): number | null => {
	const from = msOf(sample.at) - windowMs;
	const counted = [sample];
	// Every fifth sample is enough for a rate.
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index -= 5) {
		const before = past.at(index);
		if (!before || msOf(before.at) < from) break;
		counted.push(before);
	}
	const seconds = secondsBetween(counted.at(-1)?.at ?? null, sample.at) ?? 0;
	if (seconds < leastSeconds) return null;
	const marks = [0, 1, 2, 3].map(third => {
		const ago = (seconds * third) / 3;
		return loadOf(counted.find(each => (secondsBetween(each.at, sample.at) ?? 0) >= ago) ?? sample).connections;
	});
	const grown = marks.slice(1).map((then, index) => (marks[index] ?? 0) - then);
	return Math.min(...grown) / (seconds / 3);
};

type Owner = Tally & {readonly column: 'app' | 'user'; readonly name: string};

/** Owners of the connections, the largest first: applications, or roles if the application has no name. */
const ownersOf = (sample: Sample): readonly Owner[] => {
	const owners = {app: new Map<string, Owner>(), user: new Map<string, Owner>()};
	const own = new Set(sample.own);
	for (const session of rowsOf(sample, sessions)) {
		if (session.usename === null || !isClient(session) || own.has(session.pid)) continue;
		const column = session.application_name ? 'app' : 'user';
		const name = session.application_name || session.usename;
		const owner = owners[column].get(name) ?? {column, name, ...emptyTally()};
		owners[column].set(name, owner);
		add(owner, session);
	}
	return [...owners.app.values(), ...owners.user.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
};

// Sessions without an application name are filtered by role, excluding the role's named applications.
const filterFor = ({column, name, idle}: Owner): string =>
	[`${column}="${name.replaceAll('"', '""')}"`, column === 'user' ? 'app=' : undefined, idle ? 'state=idle' : undefined]
		.filter(part => part !== undefined)
		.join(' ');
