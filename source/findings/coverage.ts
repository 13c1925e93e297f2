import {answerOf, type Past} from '../core/history/past.ts';
import {missingFrom} from '../core/pane/missing.ts';
import {oncePerSample} from '../core/pane/pane.ts';
import type {Query} from '../core/sample/query.ts';
import {type Failure, isEmpty, type Result, type Row, type Sample} from '../core/sample/sample.ts';
import {plural} from '../core/text/words.ts';
import {msOf, secondsBetween} from '../core/values/instant.ts';
import {duration} from '../core/values/units.ts';
import {unreadConsoles} from '../panes/pooler/pools.ts';
import {factsOf, rowsOf} from '../panes/reading/answers.ts';
import {hiddenAmong, monitorGrant} from '../panes/reading/hidden.ts';
import {otherCluster} from '../panes/reading/patroni.ts';
import {locks} from '../queries/activity/locks.ts';
import {sessions} from '../queries/activity/sessions.ts';
import {background} from '../queries/background.ts';
import {mostMembers, patroniCluster, patroniMembers} from '../queries/beside/patroni.ts';
import {poolerPools, poolers} from '../queries/beside/pgbouncer.ts';
import {walDirectory} from '../queries/replication/wal.ts';
import {facts, pulse} from '../queries/server/server.ts';
import {mostSequences, sequences} from '../queries/storage/sequences.ts';
import {tempFiles} from '../queries/storage/temp-files.ts';
import type {Rule} from './rule.ts';

/** Something that could not be read, the reason, and the ids of the rules that rest on it. */
export type Gap = {
	readonly what: string;
	readonly failure: Failure;
	readonly rules: readonly string[];
	/** Query that was to read it; undefined for what no query can see. */
	readonly query: Query | undefined;
	/** True if the worst incidents cannot be seen without it. */
	readonly isVital: boolean;
};

// Incidents are judged by these first.
const vital: readonly Query[] = [sessions, locks, facts, pulse];

/** Queries that are asked whichever pane is shown; others are read when triage or their pane is. */
const always: ReadonlySet<Query> = new Set<Query>([...vital, ...background]);

// Asked with every refresh: an old answer means that no newer one came.
const frequent: ReadonlySet<string> = new Set([locks.name, pulse.name]);
const frequentMs = 15_000;
const restingMs = 150_000;
// The longest rest of a query that costs much is some 500 times its time.
const restFactor = 600;

// A query that has nothing to find on this server is not sent.
const isMoot = (result: Result): boolean => isEmpty(result) && result.tookMs === 0;

const isOld = (query: Query, sample: Sample): boolean => {
	const {name, everyMs} = query;
	const result = sample.results[name];
	// The facts are read once per connection, and what no pane on screen needs is left as it was.
	if (!result || query === facts || !always.has(query) || isMoot(result)) return false;
	const most = Math.max(frequent.has(name) ? frequentMs : restingMs, 5 * everyMs, restFactor * result.tookMs);
	return msOf(sample.at) - msOf(result.at) > most;
};

const ageOf = (query: Query, sample: Sample): Failure => ({
	code: 'outdated',
	message: `The last answer is ${duration(secondsBetween(sample.results[query.name]?.at ?? null, sample.at) ?? 0)} old.`,
	hint: 'The server is too slow to answer it, or refuses a second connection.',
});

/** Gaps in the answer to one query; none if it was not asked yet. */
const gapsIn = (query: Query, sample: Sample): readonly Pick<Gap, 'what' | 'failure'>[] => {
	const missing = missingFrom(query, sample, undefined).map(({what, code, message, hint}) => ({
		what,
		failure: {code, message, ...(hint !== undefined && {hint})},
	}));
	return missing.length === 0 && isOld(query, sample) ? [{what: query.title, failure: ageOf(query, sample)}] : missing;
};

/** What cannot be seen, a code, the reason, the remedy, and the query that was to see it. */
type Spot = readonly [what: string, code: string, message: string, hint: string, query?: Query] | false;

/** Sequences and files that the role may not read, or that are too many. */
const objectSpots = (sample: Sample): readonly Spot[] => {
	const list = rowsOf(sample, sequences);
	const hiddenSequences = list.filter(({readable}) => !readable).length;
	const manySequences = list[0]?.candidates ?? 0;
	return [
		hiddenSequences > 0 && [
			`last values of ${plural(hiddenSequences, 'sequence')}`,
			'hidden',
			'The connected role may not read them.',
			'GRANT SELECT ON ALL SEQUENCES IN SCHEMA shows them.',
			sequences,
		],
		manySequences > mostSequences && [
			`${manySequences - mostSequences} of ${manySequences} sequences`,
			'bounded',
			`Only ${mostSequences} are read, those of the tables with most inserts.`,
			'The view pg_sequences shows the others.',
			sequences,
		],
		factsOf(sample)?.lists_wal === false && [
			'files of WAL and backups',
			'hidden',
			'The connected role may not list them.',
			`${monitorGrant(sample)} shows them.`,
			walDirectory,
		],
		factsOf(sample)?.lists_temp === false && [
			tempFiles.title,
			'hidden',
			'The connected role may not list them.',
			`${monitorGrant(sample)} shows them.`,
			tempFiles,
		],
	];
};

/** Members of Patroni that are too many, and a cluster that is another one. */
const patroniSpots = (sample: Sample): readonly Spot[] => {
	const members = rowsOf(sample, patroniCluster)[0]?.members ?? 0;
	const other = otherCluster(sample);
	return [
		members > mostMembers && [
			`${members - mostMembers} of ${members} Patroni members`,
			'bounded',
			`Only the first ${mostMembers} of the list are kept.`,
			'patronictl list shows the others.',
			patroniMembers,
		],
		other !== undefined && [patroniCluster.title, other.code, other.message, other.hint ?? '', patroniCluster],
	];
};

/** Consoles of PgBouncer that could not be read while others were. */
const consoleSpots = (sample: Sample): readonly Spot[] =>
	unreadConsoles(sample).map(
		({bouncer, code, sentence}) => [`PgBouncer at ${bouncer}`, code, sentence, '', poolerPools] as const,
	);

/** Sessions that the role cannot see into, and settings without which the server does not count. */
const blindSpots = (sample: Sample): readonly Pick<Gap, 'what' | 'failure' | 'query'>[] => {
	const all = rowsOf(sample, sessions);
	const masked = hiddenAmong(sample, all);
	const silent = all.filter(({state}) => state === 'disabled').length;
	const early = all.filter(
		({query_start: start}) => start !== null && start > sample.at && secondsBetween(start, sample.at) === null,
	).length;
	const spots: readonly Spot[] = [
		masked !== undefined && [
			`${plural(masked.rows, 'session')} of other roles`,
			'hidden',
			'The connected role may not see what they run.',
			`${masked.hint} shows them.`,
		],
		silent > 0 && [
			`state of ${plural(silent, 'session')}`,
			'track_activities',
			'track_activities is off for them: what they run and wait for is unknown.',
			'alter system set track_activities = on, and reload.',
		],
		early > 0 && [
			`ages of ${plural(early, 'session')}`,
			'clock',
			"The server's clock was set back after their statements began.",
			'Check time synchronization on the server.',
		],
		factsOf(sample)?.track_counts === false && [
			'activity of tables and databases',
			'track_counts',
			'track_counts is off: the server counts no transactions, rows or temporary files, and autovacuum does not run.',
			'alter system set track_counts = on, and reload.',
		],
		...objectSpots(sample),
		...patroniSpots(sample),
		...consoleSpots(sample),
	];
	return spots.flatMap(spot =>
		spot ? [{what: spot[0], failure: {code: spot[1], message: spot[2], hint: spot[3]}, query: spot[4]}] : [],
	);
};

/** What could not be read of all that some rules, or the header, rest on. */
export const gapsOf = (rules: readonly Rule[], sample: Sample): readonly Gap[] => {
	const queries = new Set([...vital, ...rules.flatMap(rule => rule.queries)]);
	const gaps = [...queries].flatMap(query =>
		gapsIn(query, sample).map(gap => ({
			...gap,
			query,
			rules: rules.filter(rule => rule.queries.includes(query)).map(({id}) => id),
			// A field that is missing leaves the rest of the answer to judge by.
			isVital: vital.includes(query) && sample.results[query.name]?.ok !== true,
		})),
	);
	const rulesOf = (query: Query | undefined): readonly string[] =>
		rules.filter(({queries}) => query !== undefined && queries.includes(query)).map(({id}) => id);
	return [...gaps, ...blindSpots(sample).map(spot => ({...spot, rules: rulesOf(spot.query), isVital: false}))];
};

/** Queries that are always asked and have no answer yet. */
export const pendingIn: (sample: Sample) => readonly Query[] = oncePerSample(sample =>
	[...always].filter(({name, ladder}) => ladder.length > 0 && sample.results[name] === undefined),
);

// Rules that need more than this, to know what is usual, are not waited for.
const patienceSeconds = 12;

/** Seconds between the first and the last answer to a query; null without answers, and if there is nothing to ask on this server. */
const secondsRead = (query: Query, sample: Sample, past: Past): number | null => {
	const result = sample.results[query.name];
	const last = answerOf(sample, query);
	if (!result || !last || isMoot(result)) return null;
	for (let index = 0; index < past.length; index++) {
		const first = answerOf(past.at(index) as Sample, query);
		if (first) return secondsBetween(first.at, last.at);
	}
	return 0;
};

/** Number of rules that cannot have found anything yet, because the answers do not span the seconds that they measure over. */
export const rulesMeasuring = (rules: readonly Pick<Rule, 'queries' | 'overSeconds'>[], sample: Sample, past: Past): number =>
	rules.filter(
		({queries, overSeconds = 0}) =>
			overSeconds > 0 &&
			overSeconds <= patienceSeconds &&
			queries.some(query => (secondsRead(query, sample, past) ?? overSeconds) < overSeconds),
	).length;

// Read only where an option names their address.
const besides: readonly Query[] = [patroniCluster, poolers];

/** Patroni or PgBouncer of a rule that reads one, while nothing was asked of it: without its address there is nothing to miss. */
export const sparedOf = ({queries}: Pick<Rule, 'queries'>, sample: Sample): Query | undefined =>
	besides.find(
		query => queries.includes(query) && sample.results[query.name]?.ok !== false && rowsOf<Row>(sample, query).length === 0,
	);

/** Number of rules all of whose queries were answered, and of those that have anything to look at. */
export const rulesThatLooked = (
	rules: readonly Pick<Rule, 'queries'>[],
	sample: Sample,
): {readonly looked: number; readonly of: number} => {
	const applying = rules.filter(rule => sparedOf(rule, sample) === undefined);
	const looked = applying.filter(({queries}) =>
		queries.every(({name, ladder}) => ladder.length === 0 || sample.results[name]?.ok === true),
	);
	return {looked: looked.length, of: applying.length};
};
