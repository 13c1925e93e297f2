import type {Link} from '../../core/state/state.ts';
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

/** How the lanes stand, as the screen says it: as that of the sessions does, and `beside` it what keeps another one from its log-in. */
export const linkOf = (lanes: Lanes): Link => {
	const {state, failure, place} = lanes.activity.status();
	const other = lanesOf(lanes)
		.filter(lane => lane !== lanes.activity)
		.map(lane => lane.status())
		.find(({attempts, state}) => attempts > 1 || (attempts > 0 && (state === 'waiting' || state === 'lost')));
	return {
		state,
		...(place !== undefined && {place}),
		...(failure && {failure}),
		...(other?.failure && {beside: {state: other.state, failure: other.failure}}),
	};
};

/** Tells how the lanes stand now and whenever that changes; the answer stops it. */
export const onLink = (lanes: Lanes, tell: (link: Link) => void): (() => void) => {
	const stops = lanesOf(lanes).map(lane => lane.onStatus(() => tell(linkOf(lanes))));
	tell(linkOf(lanes));
	return () => {
		for (const stop of stops) stop();
	};
};
