import type {Failure, Result, Row} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import {ConnectionError} from '../connect/failures.ts';

/**
 * What is read beside the server, at a moment of its clock; no rows where there is nothing to read them from. What the operating
 * system refuses, what ended meanwhile, and what could not be connected to is a failure; rejects with anything else, which is a
 * fault of ours.
 */
export const readBeside = async (name: string, at: Instant, read: () => Promise<readonly Row[] | undefined>): Promise<Result> => {
	const begun = performance.now();
	try {
		const rows = (await read()) ?? [];
		return {ok: true, at, tookMs: performance.now() - begun, rows};
	} catch (error) {
		return {ok: false, at, tookMs: performance.now() - begun, error: refusalOf(name, error)};
	}
};

const refusalOf = (name: string, error: unknown): Failure => {
	if (error instanceof ConnectionError) return error.failure;
	if (!(error instanceof Error && 'code' in error)) throw error;
	const code = String(error.code);
	return {
		code,
		message: `What this host tells of ${name} could not be read (${code}).`,
		hint: 'It is read again by itself; the server may be fine.',
	};
};
