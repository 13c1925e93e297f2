import type {Action} from '../core/action.ts';
import type {Key} from '../core/key.ts';
import type {Registry} from '../core/registry.ts';
import type {State} from '../core/state.ts';
import type {Store} from '../core/store.ts';
import {createInkStreams} from '../terminal/ink-streams.ts';
import type {Terminal} from '../terminal/terminal.ts';
import type {Look} from './look.ts';

/** Mounts the overlays on a terminal; `feed` gives them a key that the core forwards. */
export const mount = async (
	terminal: Terminal,
	store: Store<State, Action>,
	registry: Registry,
	look: Look,
	now: () => number,
): Promise<{feed(key: Key): void}> => {
	// Yoga loads its WebAssembly by fetch of a data URL where fetch exists, which pulls in Node's whole HTTP client: 25 ms.
	const {fetch} = globalThis;
	Reflect.deleteProperty(globalThis, 'fetch');
	const {renderApp} = await import('./app.tsx');
	globalThis.fetch = fetch;
	const streams = createInkStreams(terminal, () => (store.state().overlay?.kind === 'prompt' ? 'bottom' : 'center'));
	renderApp({store, registry, look, whenShown: terminal.whenShown, now}, streams);
	let fed = Promise.resolve();
	// A component reads a key with the state it was last rendered with: the key behind it in the same read waits for that.
	const feed = (key: Key): void => {
		fed = fed.then(() => {
			streams.feed(key);
			return new Promise(resolve => setImmediate(resolve));
		});
	};
	return {feed};
};
