import type {Failure} from '../../core/sample/sample.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName} from '../connect/failures.ts';
import {notAsAsked} from '../connect/session-attrs.ts';
import {elsewhere, unsettled} from '../connect/whereabouts.ts';

/**
 * What the lanes to one server share when they log in: until a log-in has succeeded one of them tries at a time and the others take
 * part in what becomes of it, so that a server that refuses counts three tries and not three of each.
 */
export type Door = {
	/** Logs in when it is the turn of that; rejects with a ConnectionError, also with that of the lane that tried instead. */
	readonly enter: <T>(logIn: () => Promise<T>) => Promise<T>;
	/** A session broke: what stands behind the door is uncertain again. */
	readonly doubt: () => void;
	/** Milliseconds until the next try. */
	readonly restMs: () => number;
	/** Why nobody tries any more, or undefined while somebody does. */
	readonly shut: () => Failure | undefined;
	/** Lets the tries begin anew. */
	readonly reset: () => void;
};

const refusalsAllowed = 3;
const longestWaitMs = 5000;
// Asking a server that is not there costs nothing, and it should be found within 2 s of its return.
const longestWaitForServerMs = 1500;
const absent: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'ENOENT',
	'57P01',
	'57P02',
	'57P03',
	'connection_lost',
	// Of several servers none is there or what is looked for, or others have to find it first.
	'unreachable',
	notAsAsked,
	elsewhere.code,
	unsettled.code,
]);
const final: ReadonlySet<string> = new Set(['too_old', 'no_password', 'channel_binding', 'require_auth']);
const isRefusal = ({code}: Failure): boolean => code.startsWith('28') || ['3D000', '42501', 'authentication'].includes(code);

/** Milliseconds to wait behind so many failures in a row: hardly any the first time, then a second and more, never in step with others. */
export const backOffMs = (failures: number, {code}: Failure): number => {
	if (failures <= 1) return 100 + Math.random() * 50;
	const longest = absent.has(code) ? longestWaitForServerMs : longestWaitMs;
	return Math.min(longest, 1000 * 2 ** (failures - 2)) * (1 + Math.random() * 0.25);
};

/** The door of a target, which nobody has tried yet. */
export const createDoor = (target: ConnectionTarget): Door => {
	const place = serverName(target);
	let open = false;
	let failures = 0;
	let refusals = 0;
	let nextAt = 0;
	let shut: Failure | undefined;
	let trying: Promise<Failure | undefined> | undefined;

	const reset = (): void => {
		failures = 0;
		refusals = 0;
		nextAt = 0;
		shut = undefined;
	};
	const failed = (failure: Failure): void => {
		// Whoever leaves says nothing of the server.
		if (failure.code === 'closed') return;
		open = false;
		failures++;
		if (isRefusal(failure)) refusals++;
		if (final.has(failure.code) || refusals >= refusalsAllowed) shut = failure;
		nextAt = performance.now() + backOffMs(failures, failure);
	};

	return {
		enter: async logIn => {
			while (!open && trying) {
				const failure = await trying;
				if (failure && failure.code !== 'closed') throw new ConnectionError(failure);
			}
			if (shut) throw new ConnectionError(shut);
			const entering = logIn();
			const own = entering.then(
				() => {
					reset();
					open = true;
					return undefined;
				},
				(error: unknown) => {
					const failure = failureOf(error, place);
					failed(failure);
					return failure;
				},
			);
			trying = own;
			void own.then(() => {
				if (trying === own) trying = undefined;
			});
			await own;
			return entering;
		},
		doubt: () => {
			open = false;
		},
		restMs: () => Math.max(0, nextAt - performance.now()),
		shut: () => shut,
		reset,
	};
};
