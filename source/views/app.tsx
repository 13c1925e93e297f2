import {type Instance, render} from 'ink';
import {type ReactNode, useCallback} from 'react';
import {choicesOf} from '../core/keys/menu.ts';
import type {Message} from '../core/state/message.ts';
import type {Registry} from '../core/state/registry.ts';
import type {State} from '../core/state/state.ts';
import type {Store} from '../core/state/store.ts';
import {shownPane} from '../core/state/view.ts';
import {useStore} from '../hooks/use-store.ts';
import type {InkStreams} from '../terminal/ink-streams.ts';
import type {Look} from '../terminal/look.ts';
import {ActMenu} from './act-menu.tsx';
import {ConfirmDialog} from './confirm-dialog.tsx';
import {Prompt} from './prompt.tsx';
import {SortMenu} from './sort-menu.tsx';

type Props = {
	readonly store: Store<State, Message>;
	readonly registry: Registry;
	readonly look: Look;
	/** Calls back once everything drawn so far is on the terminal. */
	readonly whenShown: (callback: () => void) => void;
	readonly now: () => number;
};

/** The overlay on the tables: a question, a menu, a prompt, or nothing. The tables themselves are painted outside React. */
const App = ({store, registry, look, whenShown, now}: Props): ReactNode => {
	const overlay = useStore(store, state => state.overlay);
	const size = useStore(store, state => state.size);
	const painted = useCallback(() => whenShown(() => store.dispatch({type: 'painted', at: now()})), [store, whenShown, now]);
	if (!overlay) return null;
	switch (overlay.kind) {
		case 'confirm':
			return <ConfirmDialog question={overlay} size={size} look={look} onPainted={painted} />;
		case 'menu': {
			const {columns} = shownPane(registry, store.state());
			return <SortMenu columns={columns} place={overlay.place} size={size} look={look} />;
		}
		case 'action-menu':
			return (
				<ActMenu
					choices={choicesOf(registry, store.state())}
					place={overlay.place}
					label={store.state().label}
					size={size}
					look={look}
				/>
			);
		case 'prompt':
			return <Prompt prompt={overlay} columns={size.columns} look={look} />;
		case 'help':
		case 'inspect':
		case 'results':
		case 'plan':
			return null;
		default:
			return overlay satisfies never;
	}
};

/** Renders the overlays into streams that pass whole frames to the terminal; the core handles all keys. */
export const renderApp = (props: Props, {stdout, stdin}: Pick<InkStreams, 'stdout' | 'stdin'>): Instance =>
	render(<App {...props} />, {
		stdout,
		stdin: stdin as NodeJS.ReadStream,
		debug: true,
		patchConsole: false,
		interactive: true,
		exitOnCtrlC: false,
	});
