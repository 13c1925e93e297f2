import {newest} from '../history/timeline.ts';
import {type Failure, sentences} from '../sample/sample.ts';
import type {Link, State} from './state.ts';

const sentenceOf = (failure: Failure, state: Link['state'], isRare = false): string => {
	if (state === 'lost') return `${sentences(failure)} Press R to retry.`;
	return isRare ? `${sentences(failure)} Next try within a minute; R tries now.` : sentences({...failure, hint: 'Retrying.'});
};

/**
 * Cause of missing samples, or else of missing data of other panes, and what happens next; undefined without one. Before the
 * first sample the whole screen shows it instead.
 */
export const troubleOf = ({link: {state, failure, beside, isRare}, timeline}: State): string | undefined => {
	if (!newest(timeline)) return undefined;
	if (failure) return sentenceOf(failure, state, isRare);
	return beside && sentenceOf(beside.failure, beside.state);
};
