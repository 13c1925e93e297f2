import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Source} from '../../core/state/source.ts';
import type {Lane, LaneStatus} from '../session/lane.ts';

// A list of sessions that takes longer than this does not delay what else there is to read.
const mostMs = 300;

// A screen is composed in the turn after its sample, and written in the next one.
const turnsToShow = 3;

/** The time in which a server and this process do nothing but the first list of sessions, for the first rows of a screen. */
export type HeadStart = {
	/** Resolves at its end. */
	readonly over: Promise<void>;
	/** Ends it once the first sample is on the screen, or some time after the first attempt of a lane to log in. */
	readonly until: (source: Source, lane: Lane) => Source;
};

const shown = async (): Promise<void> => {
	for (let turns = 0; turns < turnsToShow; turns++) await nextTurn();
};

/** Creates a head start; other lanes log in when it is over. */
export const createHeadStart = (): HeadStart => {
	const {promise, resolve} = Promise.withResolvers<void>();
	return {
		over: promise,
		until: (source, lane) => {
			const tell = ({state}: LaneStatus): void => {
				if (state === 'connecting') return;
				forget();
				setTimeout(resolve, mostMs).unref();
			};
			const forget = lane.onStatus(tell);
			tell(lane.status());
			return dispatch =>
				source(message => {
					dispatch(message);
					if (message.type === 'sample') void shown().then(resolve);
				});
		},
	};
};
