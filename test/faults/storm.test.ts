import {it} from 'vitest';
import {livesThroughStorm} from './storming.ts';

it('200 sessions that queue on one row delay neither the list, nor a key, nor the end of the root blocker', () =>
	livesThroughStorm(17, 200, 4000));
