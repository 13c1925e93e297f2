/** A duration in at most six cells: `12ms`, `4.2s`, `59s`, `12m03`, `3h07`, `12d04h`, `400d`. */
export const duration = (seconds: number): string => {
	if (seconds < 0.9995) return `${Math.round(seconds * 1000)}ms`;
	if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
	const whole = Math.round(seconds);
	if (whole < 60) return `${whole}s`;
	if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}`;
	if (whole < 86_400) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}`;
	const days = Math.floor(whole / 86_400);
	return days < 100 ? `${days}d${two(Math.floor((whole % 86_400) / 3600))}h` : `${days}d`;
};

const two = (value: number): string => String(value).padStart(2, '0');

const scaled = (value: number, step: number, units: readonly string[]): string => {
	let rest = value;
	let unit = 0;
	while (Math.abs(rest) >= step * 0.9995 && unit < units.length - 1) {
		rest /= step;
		unit++;
	}
	return unit === 0 || Math.abs(rest) >= 99.95 ? `${Math.round(rest)}${units[unit]}` : `${rest.toFixed(1)}${units[unit]}`;
};

/** A size in binary units: `812B`, `1.5kB`, `20.0MB`, `312GB`; kB is 1024 bytes, as in PostgreSQL. */
export const bytes = (value: number): string => scaled(value, 1024, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

/** A fraction as a percentage: `0.4%`, `12%`, `99.6%`, `100%`; only 1 is 100%. */
export const percent = (part: number): string => {
	const value = part * 100;
	const isFine = Math.abs(value) < 9.95 || (value >= 99.5 && value < 99.95);
	return `${isFine ? value.toFixed(1) : Math.round(value)}%`;
};

/** A count in decimal units: `950`, `1.2k`, `35.0M`. */
export const shortCount = (value: number): string => scaled(value, 1000, ['', 'k', 'M', 'G', 'T']);

/** An average or a rate: `0.04`, `2.3`, `120`, `35.0k`. */
export const average = (value: number): string => {
	if (value === 0) return '0';
	return value < 0.095 ? value.toFixed(2) : value < 99.5 ? value.toFixed(1) : shortCount(value);
};

/** A computed number rounded to three decimals. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Milliseconds, with digits below one: `0.012ms`, `4.2ms`, `950ms`, `1.5s`. */
export const milliseconds = (ms: number): string =>
	ms < 0.0995 ? `${ms.toFixed(3)}ms` : ms < 9.95 ? `${ms.toFixed(1)}ms` : duration(ms / 1000);

const durationUnits: Readonly<Record<string, number>> = {
	us: 1e-6,
	ms: 1e-3,
	s: 1,
	m: 60,
	min: 60,
	h: 3600,
	d: 86_400,
	w: 604_800,
};
const sizeUnits: Readonly<Record<string, number>> = {
	b: 1,
	kb: 1024,
	mb: 1024 ** 2,
	gb: 1024 ** 3,
	tb: 1024 ** 4,
	pb: 1024 ** 5,
	k: 1e3,
	m: 1e6,
	g: 1e9,
	t: 1e12,
};

const measure = (text: string, units: Readonly<Record<string, number>>): number | undefined => {
	const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
	if (!parts) return undefined;
	const unit = parts[2] === '' ? 1 : units[(parts[2] ?? '').toLowerCase()];
	return unit === undefined ? undefined : Number(parts[1]) * unit;
};

/** Seconds in `500ms`, `5m`, `1.5h`, `90` (bare numbers are seconds); undefined if the text is not a duration. */
export const parseDuration = (text: string): number | undefined => measure(text, durationUnits);

/** Bytes in `10MB`, `8kB`, `512`; undefined if the text is not a size. */
export const parseBytes = (text: string): number | undefined => measure(text, sizeUnits);
