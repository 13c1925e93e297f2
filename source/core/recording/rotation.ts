import {UserError} from '../values/errors.ts';
import {type Instant, msOf} from '../values/instant.ts';
import {parseBytes, parseDuration} from '../values/units.ts';

/** When a recording goes on in a new file, and how many of the files behind it stay: all where `keep` is undefined. */
export type Rotation = {
	readonly bytes: number;
	readonly ageMs: number;
	readonly keep: number | undefined;
};

/** A recording that is one file whatever comes. */
export const unrotated: Rotation = {bytes: Number.POSITIVE_INFINITY, ageMs: Number.POSITIVE_INFINITY, keep: undefined};

/** Whether a recording goes on in a new file at all. */
export const isRotated = ({bytes, ageMs}: Rotation): boolean => Math.min(bytes, ageMs) < Number.POSITIVE_INFINITY;

// Smaller files would be little but whole lines.
const leastBytes = 64 * 1024;
const leastMs = 10_000;

/** What the texts of --rotate and --keep ask for; throws a UserError for what is neither a size (`100MB`) nor an age (`1h`). */
export const rotationWanted = (limits: readonly string[], keep: string | undefined): Rotation => {
	if (keep !== undefined && limits.length === 0)
		throw new UserError('--keep is nothing without --rotate.', {
			hint: 'Write --rotate 100MB or --rotate 1h with it.',
			exitCode: 2,
		});
	if (keep !== undefined && !/^\d{1,6}$/.test(keep))
		throw new UserError(`--keep ${keep} is no number of files.`, {hint: 'Write --keep 10.', exitCode: 2});
	const found = limits.map(limit => {
		const known = limitOf(limit);
		if (known) return known;
		throw new UserError(`--rotate ${limit} is neither a size nor an age.`, {
			hint: 'Write 100MB or 1h, and both as --rotate 100MB --rotate 1h; at least 64kB and 10s.',
			exitCode: 2,
		});
	});
	return {...unrotated, ...Object.assign({}, ...found), keep: keep === undefined ? undefined : Number(keep)};
};

/** The size or the age that a text tells; `m` alone is minutes. */
const limitOf = (text: string): Partial<Rotation> | undefined => {
	if (/[bkmgt]$/i.test(text) && !text.endsWith('m')) {
		const bytes = parseBytes(text);
		return bytes !== undefined && bytes >= leastBytes ? {bytes} : undefined;
	}
	const ms = /\d$/.test(text) ? 0 : (parseDuration(text) ?? 0) * 1000;
	return ms >= leastMs ? {ageMs: ms} : undefined;
};

/** A file's name without what tells its kind, and that: `incident`, `.ndjson.zst`. */
const partsOf = (name: string): readonly [string, string] => {
	const ending = /(?:\.ndjson|\.jsonl|\.json)?(?:\.zst|\.gz)?$/.exec(name)?.[0] ?? '';
	return [name.slice(0, name.length - ending.length), ending];
};

/** The name of the file that holds a recording from a moment on, once it is written no more: `incident.20261122T143000540Z.ndjson`. */
export const rotatedName = (name: string, from: Instant): string => {
	const [stem, ending] = partsOf(name);
	return `${stem}.${new Date(msOf(from)).toISOString().replace(/[-:.]/g, '')}${ending}`;
};

/** Of the names in a folder those of files that were rotated out of this one, oldest first. */
export const rotatedOf = (name: string, found: readonly string[]): readonly string[] => {
	const [stem, ending] = partsOf(name);
	return found
		.filter(
			each =>
				each.startsWith(`${stem}.`) &&
				each.endsWith(ending) &&
				/^\d{8}T\d{9}Z$/.test(each.slice(stem.length + 1, each.length - ending.length)),
		)
		.sort();
};
