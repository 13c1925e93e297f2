import type {Pane} from '../core/pane/pane.ts';
import type {Failure, Sample} from '../core/sample/sample.ts';
import type {Scopes} from '../core/sample/scope.ts';
import type {Source} from '../core/state/source.ts';

/** Milliseconds that the one sample that is printed waits for all of its answers. */
export const answersMs = 5000;

/** One sample, or two if a pane shows rates; the failure if the server cannot be sampled. */
export const samplesOfNow = (source: Source, panes: readonly Pane[], scopes: Scopes = {}): Promise<readonly Sample[] | Failure> =>
	new Promise(resolve => {
		const samples: Sample[] = [];
		const count = panes.some(({rates}) => rates) ? 2 : 1;
		const finish = (outcome: readonly Sample[] | Failure): void =>
			queueMicrotask(() => void feed.stop().then(() => resolve(outcome)));
		const feed = source(message => {
			if (message.type === 'sample') {
				samples.push(message.sample);
				if (samples.length === count) finish(samples);
			} else if (message.link.failure && message.link.state !== 'connecting') finish(message.link.failure);
		});
		feed.aim(scopes);
		feed.watch(panes.map(({id}) => id));
	});
