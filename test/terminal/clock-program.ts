import {line} from '../../source/core/text/line.ts';
import {lookOf} from '../../source/terminal/look.ts';
import {openTerminal} from '../../source/terminal/terminal.ts';
import {theme} from './emulator.ts';

// A small program for a real terminal: shows the last key and its count; q quits, w writes without end, Ctrl-Z suspends.
const terminal = openTerminal({
	input: process.stdin,
	output: process.stdout,
	look: lookOf(theme, {colors: 'sixteen', ascii: false}),
	now: () => performance.now(),
});
let keys: string[] = [];
let frames = 0;

const paint = (): void => {
	const {columns, rows} = terminal.size();
	const fill = frames === 0 ? '' : `${frames % 10}`.repeat(columns);
	terminal.paint([
		line(`keys: ${keys.join(' ')}`, 'strong'),
		line(`size: ${columns}x${rows}`, 'cursor'),
		...Array.from({length: rows - 2}, () => line(fill)),
	]);
};

process.on('exit', () => terminal.close());
process.on('SIGTERM', () => process.exit(143));
process.on('SIGHUP', () => process.exit(129));
terminal.onGone(() => process.exit(1));
terminal.onResize(paint);
terminal.onResume(() => {
	keys.push('resumed');
	paint();
});
terminal.onKeys(read => {
	for (const {name} of read) {
		if (name === 'q') process.exit(0);
		if (name === 'ctrl-z') terminal.suspend();
		else if (name === 'w') {
			setInterval(() => {
				frames++;
				paint();
			}, 1);
		} else keys = [...keys, name];
	}
	paint();
});
paint();
