import type {Sample} from '../../../source/core/sample/sample.ts';
import type {Source} from '../../../source/core/state/source.ts';

/** A source of given samples: the first at once, one more at each refresh, so that the caller controls time. */
export const scriptedSource =
	(samples: readonly Sample[]): Source =>
	dispatch => {
		const rest = [...samples];
		const give = (): void => {
			const sample = rest.shift();
			if (sample) dispatch({type: 'sample', sample});
		};
		dispatch({type: 'link', link: {state: 'ready'}});
		give();
		return {
			setInterval: () => {},
			refresh: give,
			watch: () => {},
			aim: () => {},
			stop: async () => {
				rest.length = 0;
			},
		};
	};
