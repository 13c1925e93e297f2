import type {Failure} from '../../core/sample/sample.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName} from '../connect/failures.ts';
import {passwordRefused, pgbouncerConsole} from '../connect/refusals.ts';
import {notAsAsked} from '../connect/session-attrs.ts';
import {elsewhere, unsettled} from '../connect/whereabouts.ts';

/**
 * Shared login of the lanes to one server: until one login succeeds, one lane tries at a time and the others share its outcome,
 * so that a refusing server counts three attempts instead of three per lane. Once a login has succeeded, attempts never end; they
 * become rare.
 */
export type Door = {
	/**
	 * Logs in when its turn comes, for the `first` time as long as no login succeeded; rejects with a ConnectionError, possibly that
	 * of the lane that tried instead.
	 */
	readonly enter: <T>(logIn: (first: boolean) => Promise<T>) => Promise<T>;
	/** Records that a session broke, so that the next login is tried by one lane again. */
	readonly doubt: () => void;
	/** Milliseconds until the next attempt. */
	readonly restMs: () => number;
	/** Failure of the last login, as long as the next one has to wait for it; undefined otherwise. */
	readonly refusal: () => Failure | undefined;
	/** Failure that ended all attempts before one succeeded; undefined while they go on. */
	readonly shut: () => Failure | undefined;
	/** Allows attempts again, at once. */
	readonly reset: () => void;
};

// Before the first success nothing says that the parameters were ever right.
const refusalsAllowed = 3;
const longestWaitMs = 5000;
// Connecting to an absent server is cheap, and it should be found within 2 s of its return.
const longestWaitForServerMs = 1500;
const absent: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'ENOENT',
	'57P01',
	'57P02',
	'57P03',
	'connection_lost',
	// With several hosts: none is reachable or of the wanted kind, or the leader has to find it first.
	'unreachable',
	notAsAsked,
	elsewhere.code,
	unsettled.code,
]);
const final: ReadonlySet<string> = new Set([
	'too_old',
	pgbouncerConsole.code,
	'no_password',
	'channel_binding',
	'require_auth',
	'password_command',
	'tunnel',
]);
const passwords: ReadonlySet<string> = new Set(['28P01', passwordRefused, 'authentication']);
const isRefusal = ({code}: Failure): boolean =>
	code.startsWith('28') || passwords.has(code) || ['3D000', '42501', '55000'].includes(code);

// Accounts get locked by wrong passwords, and other refusals are rarely mended within seconds.
const longestWaitAfterRefusalMs = 60_000;

/**
 * Milliseconds until the next attempt after `refusals` in a row by a server that let us in before: a second, then twice as long each
 * time, up to a minute, with jitter; after a wrong password always a minute, unless the next attempt has a fresh one.
 */
export const refusedMs = (refusals: number, {code}: Failure, isPasswordFresh = false): number => {
	const isSame = passwords.has(code) && !isPasswordFresh;
	const waitMs = isSame ? longestWaitAfterRefusalMs : 1000 * 2 ** (refusals - 1);
	return Math.min(longestWaitAfterRefusalMs, waitMs) * (1 + Math.random() * 0.25);
};

/**
 * Back-off in milliseconds after `failures` failures in a row: almost none after the first, then a second and more, with jitter.
 */
export const backOffMs = (failures: number, {code}: Failure): number => {
	if (failures <= 1) return 100 + Math.random() * 50;
	const longest = absent.has(code) ? longestWaitForServerMs : longestWaitMs;
	return Math.min(longest, 1000 * 2 ** (failures - 2)) * (1 + Math.random() * 0.25);
};

/** Door of a target before any attempt. */
export const createDoor = (target: ConnectionTarget): Door => {
	const place = serverName(target);
	let open = false;
	let succeeded = false;
	let failures = 0;
	let refusals = 0;
	let nextAt = 0;
	let shut: Failure | undefined;
	let last: Failure | undefined;
	let trying: Promise<Failure | undefined> | undefined;

	const reset = (): void => {
		failures = 0;
		refusals = 0;
		nextAt = 0;
		shut = undefined;
	};
	const failed = (failure: Failure): void => {
		// A lane that closes says nothing about the server.
		if (failure.code === 'closed') return;
		open = false;
		failures++;
		last = failure;
		// A tunnel that ends is an absent server.
		const isRefused = isRefusal(failure) || (final.has(failure.code) && failure.code !== 'tunnel');
		if (isRefused) refusals++;
		if (!succeeded && (final.has(failure.code) || refusals >= refusalsAllowed)) shut = failure;
		nextAt =
			performance.now() +
			(succeeded && isRefused ? refusedMs(refusals, failure, target.isPasswordFresh) : backOffMs(failures, failure));
	};

	return {
		enter: async logIn => {
			while (!open && trying) {
				const failure = await trying;
				if (failure && failure.code !== 'closed') throw new ConnectionError(failure);
			}
			if (shut) throw new ConnectionError(shut);
			const entering = logIn(!succeeded);
			const own = entering.then(
				() => {
					reset();
					open = true;
					succeeded = true;
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
		refusal: () => (nextAt > performance.now() ? last : undefined),
		shut: () => shut,
		reset,
	};
};
