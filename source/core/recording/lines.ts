import type {Failure, RefusedFields, Result, Row, Sample} from '../sample/sample.ts';
import {UserError} from '../values/errors.ts';
import {msOf} from '../values/instant.ts';
import {decodeRows, type EncodedRows, encodeRows} from './rows.ts';

/** First line of a recording: its format version, the recorded server (null if not yet known), the interval. */
export type Header = {readonly pgtriage_recording: 1; readonly server: Row | null; readonly interval_ms: number};

/** A result as written in a line. */
type EncodedResult =
	| ({
			readonly ok: true;
			readonly at: string;
			readonly took_ms: number;
			readonly server_ms?: number;
			readonly refused?: readonly RefusedFields[];
	  } & EncodedRows)
	| {readonly ok: false; readonly at: string; readonly took_ms: number; readonly error: Failure};

const wholeEveryMs = 60_000;

/**
 * Encodes samples as lines of NDJSON, each at the cost of what changed: a result that is the same object as in the line before is
 * left out, and a changed row is written as its changes. At least one line per minute is whole, so that a reader can start there,
 * or resume after a damaged line.
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

/** True if a result is no longer known, as after a reconnect: a difference cannot express that. */
const forgets = (sample: Sample, before: Sample | undefined): boolean =>
	Object.keys(before?.results ?? {}).some(name => sample.results[name] === undefined);

/** Milliseconds, rounded to a microsecond. */
const toMicrosecond = (ms: number): number => Math.round(ms * 1000) / 1000;

/** One line of a recording, without line end: the whole sample, or its difference to `before`. */
const encodeSample = (sample: Sample, before?: Sample): string => {
	const results: Record<string, unknown> = {};
	for (const [name, result] of Object.entries(sample.results)) {
		const known = before?.results[name];
		if (result === known) continue;
		if (!result.ok) {
			const {tookMs, ...rest} = result;
			results[name] = {...rest, took_ms: toMicrosecond(tookMs)};
			continue;
		}
		const {tookMs, serverMs, rows, ...rest} = result;
		results[name] = {
			...rest,
			took_ms: toMicrosecond(tookMs),
			...(serverMs !== undefined && {server_ms: toMicrosecond(serverMs)}),
			...encodeRows(rows, known?.ok ? known.rows : []),
		};
	}
	return jsonLine({seq: sample.seq, at: sample.at, own: sample.own, ...(before && {since: before.seq}), results});
};

const invisible = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** JSON from a server with the controls except line breaks, bidi, zero-width and invisible characters in its strings escaped. */
export const escapedJson = (json: string): string =>
	json
		.toWellFormed()
		.replace(invisible, character =>
			Array.from(
				{length: character.length},
				(_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
			).join(''),
		);

/** JSON on one line with every control, bidi, zero-width and invisible character and lone surrogate escaped. */
export const jsonLine = (value: unknown): string => escapedJson(JSON.stringify(value));

/** Result of decoding one line: a sample, the header, or nothing because the line is damaged or depends on a damaged one. */
export type DecodedLine = {readonly sample?: Sample; readonly header?: Header; readonly skipped: boolean};

/**
 * Decodes the lines of a recording in order; an unreadable line is skipped, with all that depend on it up to the next whole one.
 * Throws a UserError at a header of another format version, after which lines would be misread.
 */
export const createDecoder = (): ((line: string) => DecodedLine) => {
	let before: Sample | undefined;
	return line => {
		const written = parse(line);
		if (!written) return {skipped: true};
		if ('pgtriage_recording' in written) {
			if (written.pgtriage_recording !== 1)
				throw new UserError(`This recording has format ${String(written.pgtriage_recording)}; this pgtriage reads format 1.`, {
					hint: 'Replay it with the pgtriage that recorded it.',
					exitCode: 1,
				});
			// Another run begins after a header, and its numbers may continue those of the run before.
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

type EncodedSample = {
	readonly seq: number;
	readonly at: string;
	readonly own: readonly number[];
	readonly since?: number;
	readonly results: Readonly<Record<string, EncodedResult>>;
};

const parse = (line: string): EncodedSample | Header | undefined => {
	try {
		const value: unknown = JSON.parse(line);
		if (typeof value !== 'object' || value === null) return undefined;
		if ('pgtriage_recording' in value) return value as Header;
		return isSound(value as Partial<EncodedSample>) ? (value as EncodedSample) : undefined;
	} catch {
		return undefined;
	}
};

const isSound = ({seq, at, own, results}: Partial<EncodedSample>): boolean =>
	typeof seq === 'number' &&
	typeof at === 'string' &&
	Number.isFinite(msOf(at)) &&
	Array.isArray(own) &&
	typeof results === 'object' &&
	results !== null &&
	Object.values(results).every(
		result =>
			typeof result.at === 'string' &&
			(result.ok ? Array.isArray(result.rows) && areSound(result.refused) : typeof result.error.message === 'string'),
	);

/** True if refused fields are absent, or lists of names with a failure. */
const areSound = (refused: readonly RefusedFields[] | undefined): boolean =>
	refused === undefined ||
	(Array.isArray(refused) &&
		refused.every(
			({fields, error}) =>
				Array.isArray(fields) && fields.every(field => typeof field === 'string') && typeof error.message === 'string',
		));

const resultsOf = (written: EncodedSample, before: Sample | undefined): Sample['results'] | undefined => {
	const results: Record<string, Result> = written.since === undefined ? {} : {...before?.results};
	for (const [name, {took_ms: tookMs, ...rest}] of Object.entries(written.results)) {
		if (!rest.ok) {
			results[name] = {...rest, tookMs};
			continue;
		}
		const known = results[name];
		const rows = decodeRows(rest, known?.ok ? known.rows : []);
		if (!rows) return undefined;
		const {at, server_ms: serverMs, refused} = rest;
		const took = {tookMs, ...(typeof serverMs === 'number' && {serverMs})};
		results[name] = {ok: true, at, ...took, rows, ...(refused && {refused})};
	}
	return results;
};

/** True if a line can be decoded without the line before: a whole one, or a header. Some damaged lines pass as well. */
export const isSelfContained = (line: string): boolean => !/^\{"seq":\d+,"at":"[^"]*","own":\[[\d,]*\],"since":/.test(line);
