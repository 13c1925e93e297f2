import {useSyncExternalStore} from 'react';
import type {Store} from '../core/state/store.ts';

/** The part of the state that a view needs; the view is rendered again only if that part is another object. */
export const useStore = <State, Action, Part>(store: Store<State, Action>, part: (state: State) => Part): Part =>
	useSyncExternalStore(store.subscribe, () => part(store.state()));
