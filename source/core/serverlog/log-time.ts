import {type Instant, laterBy} from '../values/instant.ts';

const shape = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))? (\S+)$/;
const offsetShape = /^([+-])(\d\d):?(\d\d)?$/;

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

const formatOf = (zone: string): Intl.DateTimeFormat | undefined => {
	if (formats.has(zone)) return formats.get(zone);
	let format: Intl.DateTimeFormat | undefined;
	try {
		format = new Intl.DateTimeFormat('en-US', {
			timeZone: zone,
			hourCycle: 'h23',
			year: 'numeric',
			month: 'numeric',
			day: 'numeric',
			hour: 'numeric',
			minute: 'numeric',
			second: 'numeric',
		});
	} catch {
		format = undefined;
	}
	formats.set(zone, format);
	return format;
};

/** Milliseconds by which the clocks of a zone are ahead of UTC at a time; null for a zone that is not known here. */
const offsetAt = (zone: string, ms: number): number | null => {
	const parts = formatOf(zone)?.formatToParts(ms);
	if (!parts) return null;
	const of = (type: string): number => Number(parts.find(part => part.type === type)?.value);
	return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - Math.floor(ms / 1000) * 1000;
};

/** Offset of an abbreviation that means the same everywhere. */
const plainOffset = (abbreviation: string): number | undefined => {
	if (/^(?:UTC|GMT|Z)$/i.test(abbreviation)) return 0;
	const [, sign, hours, minutes = '0'] = offsetShape.exec(abbreviation) ?? [];
	return sign === undefined ? undefined : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
};

/**
 * Time of an entry, such as `2026-11-29 21:30:29.123 CET`, as an Instant in UTC; null if it is not one. An abbreviation may mean
 * several zones: then log_timezone decides, and of an hour that comes twice the first is meant.
 */
export const parseLogTime = (text: string, zone: string): Instant | null => {
	const [, date, time, fraction = '', abbreviation = ''] = shape.exec(text) ?? [];
	if (date === undefined || time === undefined) return null;
	const utc = `${date}T${time}.${fraction.padEnd(6, '0')}+00:00`;
	const local = Date.parse(`${date}T${time}Z`);
	const plain = plainOffset(abbreviation);
	const guess = plain ?? offsetAt(zone, local);
	if (guess === null || Number.isNaN(local)) return null;
	const offset = plain ?? offsetAt(zone, local - guess) ?? guess;
	return laterBy(utc, -offset);
};

/** Time of an entry in seconds since 1970 with milliseconds, as `%n` writes it. */
export const parseEpoch = (text: string): Instant | null =>
	/^\d{1,11}(?:\.\d{1,6})?$/.test(text) ? laterBy('1970-01-01T00:00:00.000000+00:00', Number(text) * 1000) : null;
