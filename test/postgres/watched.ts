import {live} from '../../source/adapters/poll/poller.ts';
import type {Lane} from '../../source/adapters/session/lane.ts';
import {parseFilter} from '../../source/core/pane/filter.ts';
import {paneJson} from '../../source/core/pane/json.ts';
import type {Pane} from '../../source/core/pane/pane.ts';
import type {Row, Sample} from '../../source/core/sample/sample.ts';
import type {Scopes} from '../../source/core/sample/scope.ts';
import type {Server} from '../../source/demo/server.ts';
import type {Readings} from '../../source/queries/plan.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';
import {laneTo, ready, targetOf} from './lanes.ts';

/** A server watched by a live source, with everything that was seen so far. */
export type Watched = AsyncDisposable & {
	readonly samples: readonly Sample[];
	/** The rows of the pane as JSON prints them, of the newest sample or of one before. */
	rows(sample?: Sample): readonly Row[];
	/** Resolves with the first sample from now on that is as wanted; rejects with the rows that were seen last. */
	until(what: string, holds: (rows: readonly Row[], sample: Sample) => boolean): Promise<Sample>;
};

/** True if every query of a pane that asks the server has an answer: the first samples may have been made before. */
export const isComplete = ({queries}: Pane, {results}: Sample): boolean =>
	queries.every(({name, ladder}) => ladder.length === 0 || results[name] !== undefined);

/** Watches a pane of a server as a screen would, four times a second by default and each query in every tick, until the test ends. */
export const watch = async (
	server: Pick<Server, 'host' | 'port'>,
	pane: Pane,
	user = 'postgres',
	{
		dbname = 'postgres',
		intervalMs = 250,
		through = (lane: Lane): Lane => lane,
		readings = {},
		scopes = {},
	}: {
		readonly dbname?: string;
		readonly intervalMs?: number;
		readonly through?: (lane: Lane) => Lane;
		readonly readings?: Readings;
		readonly scopes?: Scopes;
	} = {},
): Promise<Watched> => {
	const activity = laneTo(targetOf(server, {user, dbname}));
	const rest = laneTo(targetOf(server, {user, dbname}));
	await Promise.all([ready(activity), ready(rest)]);
	const samples: Sample[] = [];
	const waiting = new Set<() => void>();
	const source = live({
		lanes: {activity: through(activity), rest},
		intervalMs,
		queriesOf: () => pane.queries,
		readings,
		eager: true,
		mostWaitMs: 2000,
	})(action => {
		if (action.type !== 'sample') return;
		samples.push(action.sample);
		for (const look of waiting) look();
	});
	endsWithTest(source.stop);
	source.aim(scopes);
	source.watch([pane.id]);
	const rows = (sample = samples.at(-1)): readonly Row[] => {
		const json = sample && paneJson(pane, sample, samples, parseFilter('', pane.columns), undefined);
		return json?.ok ? (json.rows as readonly Row[]) : [];
	};
	return {
		samples,
		rows,
		until: (what, holds) =>
			new Promise((resolve, reject) => {
				const stop = (): void => {
					clearTimeout(timer);
					waiting.delete(look);
				};
				const timer = setTimeout(() => {
					stop();
					reject(new Error(`Waited in vain for ${what}; last seen: ${JSON.stringify(rows(), undefined, 1)}`));
				}, longestWaitMs);
				const look = (): void => {
					const sample = samples.at(-1);
					if (!sample || !holds(rows(sample), sample)) return;
					stop();
					resolve(sample);
				};
				waiting.add(look);
			}),
		[Symbol.asyncDispose]: () => source.stop(),
	};
};
