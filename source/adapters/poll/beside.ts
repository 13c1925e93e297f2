import type {Failure, Result, Row} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import {ConnectionError} from '../connect/failures.ts';

/**
 * Reads rows that do not come from the server itself, stamped with its clock `at`; no rows if there is no source. An error of the
 * operating system, a process that exited and a refused connection become a failure. Rejects with anything else: that is a bug.
 */
export const readBeside = async (name: string, at: Instant, read: () => Promise<readonly Row[] | undefined>): Promise<Result> => {
	const startedAt = performance.now();
	try {
		const rows = (await read()) ?? [];
		return {ok: true, at, tookMs: performance.now() - startedAt, rows};
	} catch (error) {
		return {ok: false, at, tookMs: performance.now() - startedAt, error: refusalOf(name, error)};
	}
};

const refusalOf = (name: string, error: unknown): Failure => {
	if (error instanceof ConnectionError) return error.failure;
	if (!(error instanceof Error && 'code' in error)) throw error;
	const code = String(error.code);
	return {
		code,
		message: `Cannot read ${name} on this host (${code}).`,
		hint: 'The server may be fine; pgtriage retries automatically.',
	};
};
