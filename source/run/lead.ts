import {createJournal, type Journal} from '../adapters/act/journal.ts';
import type {ConnectionTarget} from '../adapters/connect/connection.ts';
import {createWhereabouts} from '../adapters/connect/whereabouts.ts';
import {createSessionList, type SessionList} from '../adapters/poll/session-list.ts';
import {createDoor, type Door} from '../adapters/session/door.ts';
import {type Lane, openLane} from '../adapters/session/lane.ts';
import {createTraffic, type Traffic} from '../adapters/session/traffic.ts';

/** The first connection to a server, which chooses it, and what the others share with it. */
export type Lead = {
	/** The target, with where the leading lane is. */
	readonly target: ConnectionTarget;
	readonly door: Door;
	readonly traffic: Traffic;
	readonly journal: Journal;
	/** The leading lane, which reads the list of sessions. */
	readonly activity: Lane;
	/** The list, whose first answer is asked for as soon as the lane has logged in. */
	readonly list: SessionList;
};

/**
 * Opens the first connection to a target. It logs in and asks for the sessions while the rest of the program is loaded, which takes
 * as long. A `patient` lead gives a server that took the connection more time to answer; a script would rather fail sooner.
 */
export const openLead = (connection: ConnectionTarget, {patient}: {readonly patient: boolean}): Lead => {
	const target = {...connection, whereabouts: createWhereabouts()};
	const door = createDoor(target);
	const traffic = createTraffic();
	const journal = createJournal();
	const activity = openLane(target, {door, traffic, patient, note: journal.note, leads: true, readOnly: true});
	const list = createSessionList();
	list.begin(activity);
	return {target, door, traffic, journal, activity, list};
};
