import type {Link} from '../core/state.ts';
import type {Lane, LaneStatus} from './lane.ts';

/** The lanes to one server: the list of sessions has `activity` for itself, all else goes over `rest`. */
export type Lanes = {readonly activity: Lane; readonly rest: Lane; readonly actions?: Lane};

/** All of them. */
export const lanesOf = ({activity, rest, actions}: Lanes): readonly Lane[] => [activity, rest, ...(actions ? [actions] : [])];

/** The server's version, once a log-in told it; 0 where there was none to tell, so that nothing can be asked either. */
export const versionOf = (lane: Lane): Promise<number> =>
	new Promise(resolve => {
		const tell = ({version, state}: LaneStatus): void => {
			if (version === undefined && state === 'connecting') return;
			forget();
			resolve(version ?? 0);
		};
		const forget = lane.onStatus(tell);
		tell(lane.status());
	});

/** How a lane stands, as the screen says it. */
export const linkOf = ({state, failure}: LaneStatus): Link => (failure === undefined ? {state} : {state, failure});
