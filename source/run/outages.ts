import {sentences} from '../core/sample/sample.ts';
import type {Link} from '../core/state/state.ts';
import {warn} from '../system/standard-streams.ts';

/** Signals that end a command that runs until it is stopped, and its exit statuses. */
export const endings = [
	['SIGINT', 0],
	['SIGTERM', 0],
	['SIGHUP', 129],
] as const;

/** Prints a sentence on stderr, with the time. */
export const complain = (text: string): void => {
	warn(`pgtriage: ${new Date().toISOString().slice(0, 19)}Z ${text}`);
};

/** Reports on stderr when a server that was reached before is lost, each reason once, and when it is back. */
export const reportOutages = (): ((link: Link) => void) => {
	let connected = false;
	const told = new Set<string>();
	const tell = (reason: string, text: string): void => {
		if (told.has(reason)) return;
		told.add(reason);
		complain(text);
	};
	return ({state, failure, isRare}) => {
		if (state === 'ready') {
			if (told.size > 0) complain('Connected again.');
			connected = true;
			told.clear();
		} else if (connected && state === 'waiting' && failure) {
			if (isRare) tell(`${failure.code} rarely`, `${sentences(failure)} Next try within a minute.`);
			else tell(failure.code, sentences({...failure, hint: 'Retrying.'}));
		}
	};
};
