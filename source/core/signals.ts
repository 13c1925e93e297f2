import type {Action} from './action.ts';
import type {Registry} from './registry.ts';
import type {Failure, Sample} from './sample.ts';
import type {State, Toast} from './state.ts';
import {nameOf, type Target} from './target.ts';
import {newest} from './timeline.ts';
import {secondsBetween} from './units.ts';

const patienceSeconds = 5;

/** The state after the server answered a signal: what it said in words, and the target watched if it was sent. */
export const signalled = (state: State, {signal, target, result}: Extract<Action, {type: 'signalled'}>): State => {
	const seq = newest(state.timeline)?.seq ?? 0;
	const verb = signal === 'cancel' ? 'Cancel' : 'Terminate';
	switch (result.outcome) {
		case 'sent':
		case 'unsure': {
			const text =
				result.outcome === 'sent'
					? `${verb} was signalled to ${nameOf(target)}; waiting to see its effect.`
					: `No answer came: ${nameOf(target)} may have been signalled; watching it.`;
			const toast: Toast = {text, tone: result.outcome === 'sent' ? 'calm' : 'warn', seq};
			return {
				...state,
				toast,
				watches: [...state.watches, {signal, target, sentAt: result.at ?? newest(state.timeline)?.at ?? ''}],
			};
		}
		case 'gone':
			return {...state, toast: {text: `Nothing was sent: ${nameOf(target)} ended or changed before that.`, tone: 'warn', seq}};
		case 'refused':
			return {...state, toast: {text: refused(verb, target, result.failure), tone: 'danger', seq}};
		case 'failed': {
			const why = [result.failure?.message, result.failure?.hint].filter(Boolean).join(' ');
			return {...state, toast: {text: `${verb} of ${nameOf(target)} failed: ${why}`, tone: 'danger', seq}};
		}
	}
};

const refused = (verb: string, target: Target, failure: Failure | undefined): string => {
	if (failure === undefined) return `The server did not send the signal to ${nameOf(target)}.`;
	const remedy = target.superuser
		? 'Only a superuser may signal the sessions of a superuser.'
		: `It takes the role ${target.usename ?? 'of that session'} itself or pg_signal_backend.`;
	return `${verb} of ${nameOf(target)}: ${failure.message}. ${remedy}`;
};

/** The state after a sample has been looked at for the effects of the signals under watch. */
export const watched = (registry: Registry, state: State, sample: Sample): State => {
	let toast = state.toast;
	const watches = state.watches.filter(watch => {
		const seen = registry.outcome(watch, sample);
		if (seen) {
			toast = {...seen, seq: sample.seq};
			return false;
		}
		const waited = secondsBetween(watch.sentAt, sample.at) ?? 0;
		if (waited < patienceSeconds) return true;
		toast = {
			text: `${nameOf(watch.target)} has not reacted for ${Math.round(waited)} s; it may be rolling back.`,
			tone: 'warn',
			seq: sample.seq,
		};
		return waited < 60;
	});
	return watches.length === 0 && state.watches.length === 0 ? state : {...state, watches, toast};
};
