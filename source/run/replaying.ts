import {accessSync, constants} from 'node:fs';
import {recorded} from '../adapters/record/replayer.ts';
import type {Invocation} from '../command-line/options.ts';
import {parseDestination} from '../core/history/destination.ts';
import type {Source} from '../core/state/source.ts';
import type {Replay} from '../core/state/state.ts';
import {replayFrom} from '../core/time/replay.ts';
import {UserError} from '../core/values/errors.ts';

/** A recording as a source; throws a UserError if it cannot be read. */
export const recordingOf = (file: string): Source => {
	try {
		accessSync(file, constants.R_OK);
	} catch {
		throw new UserError(`${file} cannot be read.`, {hint: 'Check the path and its permissions.', exitCode: 1});
	}
	return recorded(file);
};

/** The replay of a recording from its start, or from the time of `--at`; throws a UserError if that is not a time. */
export const replayOf = ({at}: Invocation): Replay => {
	const from = at === undefined ? undefined : parseDestination(at);
	if (at === undefined || from?.kind === 'clock' || from?.kind === 'moment') return replayFrom(from);
	throw new UserError(`--at ${at} is not a time.`, {hint: 'Use 14:30 or 2026-11-22T14:30:00Z.', exitCode: 2});
};
