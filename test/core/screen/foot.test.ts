import {expect, it} from 'vitest';
import {screen} from '../../../source/core/screen/screen.ts';
import {say} from '../../../source/core/state/pane-state.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {stateConnected} from '../../screens/driver.ts';

const sentence =
	'Cannot terminate 4711 (monitor@postgres): permission denied to terminate process. Needs: GRANT pg_signal_backend TO watcher, or membership in monitor';

it.each([
	[200, 50],
	[80, 24],
	[40, 8],
])('a long toast is shown in full at the foot of %ix%i', (columns, rows) => {
	const lines = screen(registry, say(stateConnected({columns, rows}), sentence));
	expect(lines).toHaveLength(rows);
	expect(lines.every(line => lineWidth(line) === columns)).toBe(true);
	// A long word is broken between two lines.
	const bare = (text: string): string => text.replaceAll(/\s/g, '');
	expect(bare(lines.map(textOf).join('')).endsWith(bare(sentence))).toBe(true);
});
