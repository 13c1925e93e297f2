import {newest} from '../history/timeline.ts';
import {type Failure, sentences} from '../sample/sample.ts';
import type {Link, State} from './state.ts';

const told = (failure: Failure, state: Link['state']): string =>
	state === 'lost' ? `${sentences(failure)} R tries again.` : `${sentences({...failure, hint: 'Trying again.'})}`;

/**
 * The one cause why samples, or else what is read beside the sessions, do not come, and what happens next; undefined where they come.
 * Before the first sample the whole screen says it.
 */
export const troubleOf = ({link: {state, failure, beside}, timeline}: State): string | undefined => {
	if (!newest(timeline)) return undefined;
	if (failure) return told(failure, state);
	return beside && told(beside.failure, beside.state);
};
