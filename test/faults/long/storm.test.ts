import {it} from 'vitest';
import {livesThroughStorm} from '../storming.ts';

it.each([15, 18] as const)(
	'900 sessions that queue on one row of PostgreSQL %i delay neither the list, nor a key, nor the end of the root blocker',
	version => livesThroughStorm(version, 900, 8000),
	600_000,
);
