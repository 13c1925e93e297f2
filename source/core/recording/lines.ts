import type {Failure, Result, Row, Sample} from '../sample/sample.ts';
import {UserError} from '../values/errors.ts';
import {msOf} from '../values/instant.ts';
import {rowsRead, type WrittenRows, writtenRows} from './rows.ts';

/** The first line of a recording: its format version, the server that was recorded (null while it had not told), the pace. */
export type Header = {readonly pgtriage_recording: 1; readonly server: Row | null; readonly interval_ms: number};

/** A result as a line holds it. */
type WrittenResult =
	| ({readonly ok: true; readonly at: string; readonly took_ms: number} & WrittenRows)
	| {readonly ok: false; readonly at: string; readonly took_ms: number; readonly error: Failure};

const wholeEveryMs = 60_000;

/**
 * Writes samples as lines of NDJSON, each at the cost of what changed: a result that is the very object of the line before is
 * left out, of a row that changed stands what changed. A whole line stands at least once a minute, so that
 * a reader can begin, or go on behind a damaged line, there.
 */
export const createEncoder = (): ((sample: Sample, monotonicMs: number) => string) => {
	let before: Sample | undefined;
	let wholeAt = Number.NEGATIVE_INFINITY;
	return (sample, monotonicMs) => {
		const whole = monotonicMs - wholeAt >= wholeEveryMs || forgets(sample, before);
		if (whole) wholeAt = monotonicMs;
		const line = encodeSample(sample, whole ? undefined : before);
		before = sample;
		return line;
	};
};

/** Whether something that was known is known no more, as after a reconnect: of that no difference tells. */
const forgets = (sample: Sample, before: Sample | undefined): boolean =>
	Object.keys(before?.results ?? {}).some(name => sample.results[name] === undefined);

/** One line of a recording, without its line end: the sample whole, or as its difference to `before`. */
const encodeSample = (sample: Sample, before?: Sample): string => {
	const results: Record<string, unknown> = {};
	for (const [name, result] of Object.entries(sample.results)) {
		const known = before?.results[name];
		if (result === known) continue;
		const {tookMs, ...rest} = result;
		const took = Math.round(tookMs * 1000) / 1000;
		results[name] = {...rest, took_ms: took, ...(result.ok && writtenRows(result.rows, known?.ok ? known.rows : []))};
	}
	return jsonLine({seq: sample.seq, at: sample.at, own: sample.own, ...(before && {since: before.seq}), results});
};

const invisible = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** JSON, as it came from a server, with every control but line breaks, bidi, zero-width or invisible character in its strings escaped. */
export const escapedJson = (json: string): string =>
	json
		.toWellFormed()
		.replace(invisible, character =>
			Array.from(
				{length: character.length},
				(_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
			).join(''),
		);

/** JSON on one line in which no control, bidi, zero-width or invisible character stands unescaped; lone surrogates are escaped too. */
export const jsonLine = (value: unknown): string => escapedJson(JSON.stringify(value));

/** What became of one line: a sample, or nothing because it is damaged, follows a damaged one, or is the header. */
export type DecodedLine = {readonly sample?: Sample; readonly header?: Header; readonly skipped: boolean};

/**
 * Reads the lines of a recording in order; a line that cannot be read is skipped, and all that build on it up to the next whole
 * one. Throws a UserError at the header of another format version: what follows would be misread.
 */
export const createDecoder = (): ((line: string) => DecodedLine) => {
	let before: Sample | undefined;
	return line => {
		const written = parse(line);
		if (!written) return {skipped: true};
		if ('pgtriage_recording' in written) {
			if (written.pgtriage_recording !== 1)
				throw new UserError(`This recording has format ${String(written.pgtriage_recording)}; format 1 can be read here.`, {
					hint: 'Replay it with the pgtriage that made it.',
					exitCode: 1,
				});
			// Behind it another run begins, whose numbers may go on where the one before ended.
			before = undefined;
			return {header: written, skipped: false};
		}
		if (written.since !== undefined && written.since !== before?.seq) return {skipped: true};
		const results = resultsOf(written, before);
		if (!results) return {skipped: true};
		before = {seq: written.seq, at: written.at, own: written.own, results};
		return {sample: before, skipped: false};
	};
};

type WrittenSample = {
	readonly seq: number;
	readonly at: string;
	readonly own: readonly number[];
	readonly since?: number;
	readonly results: Readonly<Record<string, WrittenResult>>;
};

const parse = (line: string): WrittenSample | Header | undefined => {
	try {
		const value: unknown = JSON.parse(line);
		if (typeof value !== 'object' || value === null) return undefined;
		if ('pgtriage_recording' in value) return value as Header;
		return isSound(value as Partial<WrittenSample>) ? (value as WrittenSample) : undefined;
	} catch {
		return undefined;
	}
};

const isSound = ({seq, at, own, results}: Partial<WrittenSample>): boolean =>
	typeof seq === 'number' &&
	typeof at === 'string' &&
	Number.isFinite(msOf(at)) &&
	Array.isArray(own) &&
	typeof results === 'object' &&
	results !== null &&
	Object.values(results).every(
		result =>
			typeof result.at === 'string' && (result.ok ? Array.isArray(result.rows) : typeof result.error.message === 'string'),
	);

const resultsOf = (written: WrittenSample, before: Sample | undefined): Sample['results'] | undefined => {
	const results: Record<string, Result> = written.since === undefined ? {} : {...before?.results};
	for (const [name, {took_ms: tookMs, ...rest}] of Object.entries(written.results)) {
		if (!rest.ok) {
			results[name] = {...rest, tookMs};
			continue;
		}
		const known = results[name];
		const rows = rowsRead(rest, known?.ok ? known.rows : []);
		if (!rows) return undefined;
		results[name] = {ok: true, at: rest.at, tookMs, rows};
	}
	return results;
};

/** Whether a line of a recording can be read without the line before: a whole one, or a header. Damaged lines may pass for it. */
export const standsAlone = (line: string): boolean => !/^\{"seq":\d+,"at":"[^"]*","own":\[[\d,]*\],"since":/.test(line);
