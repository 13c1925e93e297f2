import {duration} from '../core/values/units.ts';
import type {PatroniCluster} from '../queries/beside/patroni.ts';

/** Name of a cluster at the start of a sentence, or in the middle of one. */
export const clusterName = ({scope}: PatroniCluster, place: 'start' | 'middle' = 'start'): string => {
	if (scope === null) return place === 'start' ? 'The Patroni cluster' : 'the Patroni cluster';
	return `${place === 'start' ? 'Cluster' : 'cluster'} ${scope}`;
};

/** Time since which something has been seen, in words. */
export const seenFor = (seconds: number): string => (seconds < 1 ? 'seen just now' : `seen for ${duration(seconds)}`);
