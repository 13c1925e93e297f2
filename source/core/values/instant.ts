/** A timestamp on the server's clock: ISO 8601 text with microseconds and offset, `2026-11-22T14:30:00.123456+00:00`. */
export type Instant = string;

const digits = (text: string, from: number, length: number): number => {
	let value = 0;
	for (let index = from; index < from + length; index++) value = value * 10 + text.charCodeAt(index) - 48;
	return value;
};

/** Milliseconds since 1970, with fractions; NaN for `infinity` and any text that is not an Instant. */
export const msOf = (instant: Instant): number => {
	if (instant.length !== 32 || instant.charCodeAt(10) !== 84) return Date.parse(instant);
	const zone = (digits(instant, 27, 2) * 60 + digits(instant, 30, 2)) * (instant.charCodeAt(26) === 45 ? -1 : 1);
	const whole = Date.UTC(
		digits(instant, 0, 4),
		digits(instant, 5, 2) - 1,
		digits(instant, 8, 2),
		digits(instant, 11, 2),
		digits(instant, 14, 2) - zone,
		digits(instant, 17, 2),
	);
	return whole + digits(instant, 20, 6) / 1000;
};

// Two clock readings of one server may be in the wrong order by the time a statement takes.
const skewSeconds = 2;

// The moment of a sample is compared with those of a thousand rows.
let last: {readonly instant: Instant; readonly ms: number} = {instant: '', ms: Number.NaN};

const msOfMoment = (instant: Instant): number => {
	if (instant !== last.instant) last = {instant, ms: msOf(instant)};
	return last.ms;
};

/**
 * Seconds from `from` to `to`, at least 0; null if either is unknown, or if `to` is before `from`: the clock was set back, and no age
 * is known.
 */
export const secondsBetween = (from: Instant | null, to: Instant): number | null => {
	if (from === null) return null;
	const seconds = (msOfMoment(to) - msOf(from)) / 1000;
	return Number.isFinite(seconds) && seconds >= -skewSeconds ? Math.max(0, Math.round(seconds * 1e6) / 1e6) : null;
};

/** The instant of milliseconds since 1970, of the clock of this host. */
export const instantOf = (ms: number): Instant => `${new Date(ms).toISOString().slice(0, -1)}000+00:00`;

/** The Instant `ms` milliseconds later, in UTC; text that is not an Instant is returned unchanged. */
export const laterBy = (instant: Instant, ms: number): Instant => {
	const then = msOf(instant) + ms;
	if (!Number.isFinite(then)) return instant;
	const micros = Math.round((then - Math.floor(then)) * 1000);
	return `${new Date(Math.floor(then)).toISOString().slice(0, -1)}${String(micros % 1000).padStart(3, '0')}+00:00`;
};

/** Time of day of an Instant, to the second. */
export const timeOfDay = (at: Instant): string => at.slice(11, 19);
