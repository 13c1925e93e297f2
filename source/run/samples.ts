import type {Pane} from '../core/pane/pane.ts';
import type {Failure, Sample} from '../core/sample/sample.ts';
import type {Scopes} from '../core/sample/scope.ts';
import type {Source} from '../core/state/source.ts';

/** Milliseconds that the one sample that is printed waits for all of its answers. */
export const answersMs = 5000;

/** Panes to watch, and the samples of them: `isEnough` is asked after each. */
type Sampling = {
	readonly panes: readonly string[];
	readonly scopes?: Scopes;
	readonly samples: Sample[];
	readonly isEnough: () => boolean;
};

/** Adds samples of a source until there are enough; the failure if the server cannot be sampled. */
export const samplesUntil = (source: Source, {panes, scopes = {}, samples, isEnough}: Sampling): Promise<Failure | undefined> =>
	new Promise(resolve => {
		const finish = (failure?: Failure): void => queueMicrotask(() => void feed.stop().then(() => resolve(failure)));
		const feed = source(message => {
			if (message.type === 'sample') {
				samples.push(message.sample);
				if (isEnough()) finish();
			} else if (message.link.failure && message.link.state !== 'connecting') finish(message.link.failure);
		});
		feed.aim(scopes);
		feed.watch(panes);
	});

/** One sample, or two if a pane shows rates; the failure if the server cannot be sampled. */
export const samplesOfNow = async (
	source: Source,
	panes: readonly Pane[],
	scopes: Scopes = {},
): Promise<readonly Sample[] | Failure> => {
	const samples: Sample[] = [];
	const count = panes.some(({rates}) => rates) ? 2 : 1;
	const isEnough = (): boolean => samples.length === count;
	const failure = await samplesUntil(source, {panes: panes.map(({id}) => id), scopes, samples, isEnough});
	return failure ?? samples;
};
