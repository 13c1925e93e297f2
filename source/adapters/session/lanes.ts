import type {Failure} from '../../core/sample/sample.ts';
import type {Link} from '../../core/state/state.ts';
import type {Lane, LaneStatus} from './lane.ts';

/** Lanes to one server: `activity` is for the list of sessions alone, everything else goes over `rest`. */
export type Lanes = {readonly activity: Lane; readonly rest: Lane; readonly actions?: Lane};

/** All lanes. */
export const lanesOf = ({activity, rest, actions}: Lanes): readonly Lane[] => [activity, rest, ...(actions ? [actions] : [])];

/** Version of the server once no login is under way: a new session may be on another one. 0 if there was never a session. */
export const versionOf = (lane: Lane): Promise<number> =>
	new Promise(resolve => {
		const tell = ({version, state}: LaneStatus): void => {
			if (state === 'connecting') return;
			forget();
			resolve(version ?? 0);
		};
		const forget = lane.onStatus(tell);
		tell(lane.status());
	});

// 53300: too many connections, of the role, of the database or of the server.
const tooMany = '53300';

/** Failure of a further connection; if there are too many, with the number that is needed. */
const withNeed = (failure: Failure): Failure =>
	failure.code === tooMany
		? {...failure, hint: `pgtriage needs 2 connections to watch and a third to act. ${failure.hint ?? ''}`.trim()}
		: failure;

const rareMs = 8000;

/** Link state for the screen: that of the sessions' lane, and in `beside` the failure that keeps another lane from logging in. */
export const linkOf = (lanes: Lanes): Link => {
	const {state, failure, phase, place, outage, pauseMs = 0} = lanes.activity.status();
	const other = lanesOf(lanes)
		.filter(lane => lane !== lanes.activity)
		.map(lane => lane.status())
		.find(({attempts, state}) => attempts > 1 || (attempts > 0 && (state === 'waiting' || state === 'lost')));
	return {
		state,
		...(place !== undefined && {place}),
		...(failure && {failure}),
		...(phase !== undefined && {phase}),
		...(outage !== undefined && {outage}),
		...(pauseMs > rareMs && {isRare: true}),
		...(other?.failure && {beside: {state: other.state, failure: withNeed(other.failure)}}),
	};
};

/** Reports the link state now and at every change; returns a function that stops it. */
export const onLink = (lanes: Lanes, tell: (link: Link) => void): (() => void) => {
	const stops = lanesOf(lanes).map(lane => lane.onStatus(() => tell(linkOf(lanes))));
	tell(linkOf(lanes));
	return () => {
		for (const stop of stops) stop();
	};
};
