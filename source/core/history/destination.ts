import type {Sample} from '../sample/sample.ts';
import {type Instant, msOf} from '../values/instant.ts';
import {parseDuration} from '../values/units.ts';
import {lastUntil, type Past} from './past.ts';

/** A time that a person asks for: a time of day on the server's clock, a full timestamp, an offset, or a bookmark. */
export type Destination =
	| {readonly kind: 'clock'; readonly time: string}
	| {readonly kind: 'moment'; readonly ms: number}
	| {readonly kind: 'shift'; readonly ms: number}
	| {readonly kind: 'bookmark'; readonly name: string};

/** Parses `14:03`, `14:03:12`, `-5m`, `+30s`, `2026-11-22T14:03:12Z`; any other text is the name of a bookmark. */
export const parseDestination = (text: string): Destination | undefined => {
	const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
	if (clock) {
		const [hours = '', minutes = '', seconds = '00'] = clock.slice(1);
		const exists = Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
		return exists ? {kind: 'clock', time: `${hours.padStart(2, '0')}:${minutes}:${seconds}`} : undefined;
	}
	const shift = /^([+-])(.+)$/.exec(text);
	const seconds = shift && parseDuration(shift[2] ?? '');
	if (shift && seconds !== undefined && seconds !== null) return {kind: 'shift', ms: (shift[1] === '-' ? -1000 : 1000) * seconds};
	if (/^\d{4}-\d\d-\d\d[T ]/.test(text)) {
		// Without a zone it is the clock on the screen (UTC), not that of the machine.
		const ms = msOf(/(?:[zZ]|[+-]\d\d(?::?\d\d)?)$/.test(text.slice(11)) ? text : `${text}Z`);
		return Number.isNaN(ms) ? undefined : {kind: 'moment', ms};
	}
	return text === '' || shift ? undefined : {kind: 'bookmark', name: text};
};

const dayMs = 86_400_000;

const sameDayMs = (time: string, day: Instant): number => msOf(`${day.slice(0, 11)}${time}.000000${day.slice(26)}`);

/** Milliseconds since 1970 of the last occurrence of a time of day, at or before an Instant and in its zone. */
export const clockUntil = (time: string, moment: Instant): number => {
	const ms = sameDayMs(time, moment);
	return ms > msOf(moment) ? ms - dayMs : ms;
};

/** Milliseconds since 1970 of the first occurrence at or after an Instant, whose fraction of a second is ignored. */
export const clockSince = (time: string, moment: Instant): number => {
	const ms = sameDayMs(time, moment);
	return ms < Math.floor(msOf(moment) / 1000) * 1000 ? ms + dayMs : ms;
};

/** The last sample at or before a time; undefined if all are later. */
export const sampleAt = (past: Past, ms: number): Sample | undefined => {
	let [least, most] = [-1, past.length - 1];
	while (least < most) {
		const middle = (least + most + 1) >> 1;
		if (msOf((past.at(middle) as Sample).at) <= ms) least = middle;
		else most = middle - 1;
	}
	return least < 0 ? undefined : past.at(least);
};

/** The sample after the one with this seq, or the one before it; undefined if there is none. */
export const neighborOf = (past: Past, seq: number, forward: boolean): Sample | undefined => {
	const place = forward ? lastUntil(past, seq) + 1 : lastUntil(past, seq - 1);
	return place < 0 ? undefined : past.at(place);
};
