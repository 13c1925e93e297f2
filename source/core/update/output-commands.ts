import {situationOf} from '../actions/flow/situation.ts';
import {paneFiles} from '../screen/saved-files.ts';
import {timeoutFor} from '../sql/timeout.ts';
import type {Command} from '../state/message.ts';
import {say, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {cursorRow, shownPane, shownSample, viewOf} from '../state/view.ts';

/** Commands that copy to the clipboard or save to files. */
export type OutputCommand = Extract<Command, {type: 'copy' | 'copy-timeout' | 'save' | 'bundle'}>;

const nothingToSave = 'Nothing to save yet.';

const writingBundle = (part: number): string => `Writing the incident bundle: ${Math.round(part * 100)}%. X cancels it.`;

/** The state with the part of the incident bundle that is written, on the screen unless something else was said since. */
export const sayWritten = (state: State, part: number): State => {
	const isOurs = state.toast === undefined || state.toast.text === writingBundle(state.bundling ?? 0);
	const next = {...state, bundling: part};
	return isOurs ? say(next, writingBundle(part), 'calm') : next;
};

/** Executes a command that copies or saves. */
export const copyOrSave = (registry: Registry, state: State, command: OutputCommand): Updated => {
	switch (command.type) {
		case 'copy': {
			const row = cursorRow(viewOf(registry, state));
			if (!row) return [state];
			const next = say(state, 'Copied to the clipboard (if the terminal allows it).', 'calm');
			return [next, {type: 'copy', text: shownPane(registry, state).copied(row)}];
		}
		case 'copy-timeout': {
			const [target] = situationOf(registry, state).targets;
			const timeout = target && timeoutFor(target);
			if (!timeout) return [state];
			return [say(state, `Copied, not executed: ${timeout.statement}`, 'calm'), {type: 'copy', text: timeout.statement}];
		}
		case 'save': {
			const files = paneFiles(viewOf(registry, state));
			return files ? [state, {type: 'save', files}] : [say(state, nothingToSave)];
		}
		case 'bundle': {
			if (state.bundling !== undefined) return [state, {type: 'stop-bundle'}];
			if (!shownSample(state)) return [say(state, nothingToSave)];
			return [say({...state, bundling: 0}, writingBundle(0), 'calm'), {type: 'bundle', state}];
		}
		default:
			return command satisfies never;
	}
};
