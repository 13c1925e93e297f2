import type {Message} from '../core/state/message.ts';
import type {Registry} from '../core/state/registry.ts';
import type {State} from '../core/state/state.ts';
import type {Store} from '../core/state/store.ts';
import {createInkStreams} from '../terminal/ink-streams.ts';
import type {Look} from '../terminal/look.ts';
import type {Terminal} from '../terminal/terminal.ts';

/** Mounts the overlays on a terminal; resolves to a function that removes them. */
export const mount = async (
	terminal: Terminal,
	store: Store<State, Message>,
	registry: Registry,
	look: Look,
	now: () => number,
): Promise<() => void> => {
	// If fetch exists, Yoga loads its WebAssembly with it from a data URL, which pulls in Node's whole HTTP client: 25 ms.
	const {fetch} = globalThis;
	Reflect.deleteProperty(globalThis, 'fetch');
	const {renderApp} = await import('./app.tsx');
	globalThis.fetch = fetch;
	const streams = createInkStreams(terminal, () => (store.state().overlay?.kind === 'prompt' ? 'bottom' : 'center'));
	const {unmount} = renderApp({store, registry, look, whenShown: terminal.whenShown, now}, streams);
	return () => {
		unmount();
		streams.close();
	};
};
