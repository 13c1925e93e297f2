import type {ConnectionTarget} from '../../source/adapters/connect/connection.ts';
import {parseFilter} from '../../source/core/pane/filter.ts';
import {type PaneJson, paneJson} from '../../source/core/pane/json.ts';
import type {Pane} from '../../source/core/pane/pane.ts';
import type {Row, Sample} from '../../source/core/sample/sample.ts';
import {registry} from '../../source/panes/index.ts';
import {type Watching, watchServer} from '../../source/run/server.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';

/** A pane of a server watched as the program does it, with all that it reads of the host beside the server. */
export type Beside = AsyncDisposable & {
	readonly samples: readonly Sample[];
	/** The pane as JSON prints it, of the newest sample. */
	json(): PaneJson;
	/** Resolves with the pane's rows from the first sample on that is as wanted; rejects with what was seen last. */
	until(what: string, holds: (rows: readonly Row[]) => boolean): Promise<readonly Row[]>;
};

/** Watches a pane four times a second, each query in every tick unless it is told otherwise. */
export const watchBeside = (target: ConnectionTarget, id: string, watching: Partial<Watching> = {}): Beside => {
	const pane = registry.panes.find(one => one.id === id) as Pane;
	const samples: Sample[] = [];
	const waiting = new Set<() => void>();
	const {source} = watchServer(target, {intervalMs: 250, eager: true, mostWaitMs: 2000, ...watching});
	const feed = source(action => {
		if (action.type !== 'sample') return;
		samples.push(action.sample);
		for (const look of waiting) look();
	});
	endsWithTest(feed.stop);
	feed.watch([id]);
	const json = (): PaneJson => paneJson(pane, samples.at(-1) as Sample, samples, parseFilter('', pane.columns), undefined);
	const rows = (): readonly Row[] => {
		const now = samples.length > 0 ? json() : undefined;
		return now?.ok ? (now.rows as readonly Row[]) : [];
	};
	return {
		samples,
		json,
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
					const now = rows();
					if (!holds(now)) return;
					stop();
					resolve(now);
				};
				waiting.add(look);
			}),
		[Symbol.asyncDispose]: () => feed.stop(),
	};
};
