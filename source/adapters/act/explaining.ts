import type {ExplainOutcome, ExplainRequest} from '../../core/explain/request.ts';
import type {Message} from '../../core/state/message.ts';
import {sqlstateOf} from '../connect/failures.ts';
import type {Explainer} from '../explain/explainer.ts';
import {explainText} from '../explain/sql.ts';
import type {Audit} from './audit.ts';

/** Plans one statement at a time for somebody who looks on. */
export type Explaining = {
	/** Begins, and gives up what is under way; tells how long it takes and what came of it. */
	readonly begin: (request: ExplainRequest, dispatch: (action: Message) => void) => void;
	readonly abandon: () => void;
	readonly stop: () => Promise<void>;
};

const tickMs = 100;

/** What somebody had to say yes to is in the audit before it is done. */
export const createExplaining = (explainer: Explainer, audit: Audit): Explaining => {
	let current: {readonly aborter: AbortController; readonly ended: Promise<void>} | undefined;

	const explain = async (request: ExplainRequest, signal: AbortSignal): Promise<ExplainOutcome> => {
		const {accepted, analyze, role, database, pid, queryId, query} = request;
		if (accepted.length === 0) return explainer.explain(request, signal);
		const deed = {
			action: analyze ? 'explain analyze' : 'explain',
			target: {role, database, pid, query_id: queryId, risks: accepted},
			statement: `${explainText(analyze)}: ${query}`,
		};
		const failure = await audit.write({...deed, event: 'before', outcome: null, sqlstate: null, took_ms: null});
		if (failure) return {outcome: 'refused', failure};
		const begun = performance.now();
		const outcome = await explainer.explain(request, signal);
		const refused = outcome.outcome === 'refused' ? outcome.failure : undefined;
		await audit.write({
			...deed,
			event: 'after',
			outcome: refused ? `refused: ${refused.message}` : outcome.outcome,
			sqlstate: sqlstateOf(refused),
			took_ms: Math.round(performance.now() - begun),
		});
		return outcome;
	};

	const abandon = (): void => current?.aborter.abort();

	return {
		begin: (request, dispatch) => {
			abandon();
			const aborter = new AbortController();
			const begun = performance.now();
			const clock = setInterval(() => dispatch({type: 'explaining', request, tookMs: performance.now() - begun}), tickMs).unref();
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
