import type {ExplainOutcome, ExplainRequest} from '../../core/explain/request.ts';
import type {Message} from '../../core/state/message.ts';
import type {Explainer} from '../explain/explainer.ts';
import {explainText} from '../explain/sql.ts';
import type {Audited} from './audited.ts';

/** Explains one statement at a time and reports the time taken meanwhile. */
export type Explaining = {
	/** Abandons the plan under way and starts another; dispatches the time taken every 100 ms, then the outcome. */
	readonly begin: (request: ExplainRequest, dispatch: (message: Message) => void) => void;
	readonly abandon: () => void;
	readonly stop: () => Promise<void>;
};

const tickMs = 100;

/** Creates an explaining; a request with accepted risks takes the audited path. */
export const createExplaining = (explainer: Explainer, audited: Pick<Audited, 'run'>): Explaining => {
	let current: {readonly aborter: AbortController; readonly ended: Promise<void>} | undefined;

	const explain = (request: ExplainRequest, signal: AbortSignal): Promise<ExplainOutcome> => {
		const {accepted, analyze, role, database, pid, queryId, query, sql} = request;
		const run = (): Promise<ExplainOutcome> => explainer.explain(request, signal);
		if (accepted.length === 0) return run();
		return audited.run<ExplainOutcome>({
			action: analyze ? 'explain analyze' : 'explain',
			target: {role, database, pid, query_id: queryId, risks: accepted},
			statement: `${sql ?? explainText(analyze, 0)}: ${query}`,
			refused: failure => ({outcome: 'refused', failure}),
			run,
		});
	};

	const abandon = (): void => current?.aborter.abort();

	return {
		begin: (request, dispatch) => {
			abandon();
			const aborter = new AbortController();
			const startedMs = performance.now();
			const clock = setInterval(
				() => dispatch({type: 'explaining', request, tookMs: performance.now() - startedMs}),
				tickMs,
			).unref();
			const ended = explain(request, aborter.signal).then(outcome => {
				clearInterval(clock);
				dispatch({type: 'explained', request, outcome});
			});
			current = {aborter, ended};
		},
		abandon,
		stop: async () => {
			abandon();
			await current?.ended;
		},
	};
};
