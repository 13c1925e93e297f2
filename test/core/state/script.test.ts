import {expect, it} from 'vitest';
import {newest} from '../../../source/core/history/timeline.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import type {Effect} from '../../../source/core/state/effect.ts';
import type {Message} from '../../../source/core/state/message.ts';
import type {State} from '../../../source/core/state/state.ts';
import {createStore} from '../../../source/core/state/store.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyOf, stateAtFirst, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';
import {scriptedSource} from './script.ts';

it('R takes the next sample of a scripted source until it is stopped', async () => {
	const samples = samplesOf('lock-chain');
	const store = createStore<State, Message, Effect>(update, stateAtFirst({columns: 120, rows: 30}), effect => {
		if (effect.type === 'refresh') feed.refresh();
	});
	const feed = scriptedSource(samples)(store.dispatch);
	const shown = () => newest(store.state().timeline)?.seq;
	const refresh = () => store.dispatch({type: 'key', key: keyOf('R')});

	expect(store.state().link).toEqual({state: 'ready'});
	expect(shown()).toBe(samples[0]?.seq);
	refresh();
	expect(shown()).toBe(samples[1]?.seq);
	expect(screen(registry, store.state()).map(textOf).join('\n')).toContain(samples[1]?.at.slice(11, 19));
	await feed.stop();
	refresh();
	expect(shown()).toBe(samples[1]?.seq);
});
