import {neighborOf} from '../history/destination.ts';
import {pastOf} from '../history/moment.ts';
import {say} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Search, State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';
import {timeOfDay} from '../values/instant.ts';
import {showSample} from './follow.ts';
import {pause} from './replay.ts';

/** Starts a search for the next change of the worst finding, from the shown sample. */
export const startSearch = ({alarm}: Registry, state: State): State => {
	const shown = shownSample(state);
	if (!shown) return state;
	const search: Search = {
		origin: state.frozen,
		seq: shown.seq,
		alarm: alarm(shown, pastOf(state.timeline, state.frozen)),
	};
	return pause({...state, search});
};

// The findings of a sample take a few milliseconds; between two steps of a search, keys are read.
const samplesPerStep = 10;

/** Searches the next few samples for one with another worst finding. */
export const searchOn = (registry: Registry, state: State, search: Search): State => {
	const {samples} = state.timeline;
	let {seq, alarm: previous} = search;
	let at = shownSample(state)?.at ?? '';
	for (let count = 0; count < samplesPerStep; count++) {
		const next = neighborOf(samples, seq, true);
		if (!next) {
			if (state.replay && !state.replay.complete) break;
			const from = shownSample(state);
			return say({...state, search: undefined}, `No new worst finding after ${timeOfDay(from?.at ?? '')}.`, 'calm');
		}
		const worst = registry.alarm(next, samples);
		if (worst !== undefined && worst !== previous) return showSample(registry, {...state, search: undefined}, next);
		previous = worst;
		({seq, at} = next);
	}
	const searching = {...state, search: {...search, seq, alarm: previous}};
	return say(searching, `Searching for the next finding: ${timeOfDay(at)} (any key stops)`, 'calm');
};
