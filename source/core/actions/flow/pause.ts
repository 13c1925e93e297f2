import {sayLasting} from '../../state/pane-state.ts';
import type {State} from '../../state/state.ts';
import type {AdminCommand} from '../admin.ts';
import type {PoolRef} from '../pooler.ts';

/** The state while a PAUSE waits until the servers of a database are idle. */
export const beginPause = (state: State, pool: PoolRef): State =>
	sayLasting(
		{...state, pausing: pool},
		`PAUSE ${pool.database} waits until its servers are idle; F9 PAUSE again cancels it.`,
		'calm',
	);

/** The state after an admin command: its PAUSE, if it was one, no longer waits. */
export const endPause = (state: State, {kind}: AdminCommand): State =>
	kind === 'pooler-pause' ? {...state, pausing: undefined} : state;
