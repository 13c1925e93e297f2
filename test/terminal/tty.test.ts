import {fileURLToPath} from 'node:url';
import {type IPty, spawn} from '@lydell/node-pty';
import type xterm from '@xterm/headless';
import {afterEach, expect, test} from 'vitest';
import {runs} from '../postgres/process.ts';
import {cellsOf, emulator, feed, rowsOf} from './emulator.ts';

const [columns, rows] = [60, 10];
const program = fileURLToPath(new URL('clock-program.ts', import.meta.url));

type Session = {
	readonly pty: IPty;
	readonly screen: xterm.Terminal;
	readonly shows: (matches: (rows: readonly string[]) => boolean) => Promise<void>;
	readonly exit: Promise<number>;
};

const open: IPty[] = [];

afterEach(() => {
	for (const pty of open.splice(0)) pty.kill('SIGKILL');
});

const start = (file: string, args: readonly string[]): Session => {
	const pty = spawn(file, [...args], {cols: columns, rows, name: 'xterm-256color', env: {...process.env, PS1: 'shell> '}});
	open.push(pty);
	const screen = emulator(columns, rows, true);
	pty.onData(text => screen.write(text));
	const exit = new Promise<number>(resolve => {
		pty.onExit(({exitCode}) => {
			open.splice(open.indexOf(pty), 1);
			resolve(exitCode);
		});
	});
	const shows: Session['shows'] = async matches => {
		for (;;) {
			await feed(screen, '');
			if (matches(rowsOf(screen))) return;
			await new Promise<void>(resolve => {
				const {dispose} = screen.onWriteParsed(() => {
					dispose();
					resolve();
				});
			});
		}
	};
	return {pty, screen, shows, exit};
};

const running = (): Session => start(process.execPath, [program]);

test('a real terminal shows the frame and is restored after q', async () => {
	const {pty, screen, shows, exit} = running();
	await shows(all => all[1] === 'size: 60x10');
	expect(screen.buffer.active.type).toBe('alternate');
	expect(screen.modes).toMatchObject({bracketedPasteMode: true, wraparoundMode: false});
	expect(cellsOf(screen)[columns]).toBe('s|1|0|0||||i');
	pty.write('jk\x1b[A');
	await shows(all => all[0] === 'keys: j k up');
	pty.write('\x1b');
	await shows(all => all[0] === 'keys: j k up esc');
	pty.write('q');
	expect(await exit).toBe(0);
	await feed(screen, '');
	expect(screen.buffer.active.type).toBe('normal');
	expect(screen.modes).toMatchObject({bracketedPasteMode: false, wraparoundMode: true});
	expect(rowsOf(screen).every(row => row === '')).toBe(true);
});

test('a resize of a real terminal repaints the frame', async () => {
	const {pty, screen, shows} = running();
	await shows(all => all[1] === 'size: 60x10');
	pty.resize(30, 5);
	screen.resize(30, 5);
	await shows(all => all[1] === 'size: 30x5');
});

test('Ctrl-Z gives the shell its screen, and fg restores the program', async () => {
	const {pty, screen, shows} = start('bash', ['--norc', '--noprofile', '-i']);
	await shows(all => all[0] === 'shell>');
	pty.write(`'${process.execPath}' '${program}'\r`);
	await shows(all => all[1] === 'size: 60x10');
	pty.write('\x1a');
	await shows(all => all.some(row => row.includes('Stopped')));
	expect(screen.buffer.active.type).toBe('normal');
	pty.write('echo still a $((40 + 2)) shell\r');
	await shows(all => all.includes('still a 42 shell'));
	pty.write('fg\r');
	await shows(all => all[0] === 'keys: resumed');
	expect(screen.buffer.active.type).toBe('alternate');
	pty.write('j');
	await shows(all => all[0] === 'keys: resumed j');
	pty.write('q');
	await shows(all => all.includes('still a 42 shell'));
	expect(screen.buffer.active.type).toBe('normal');
});

test('a terminal that stops reading does not stop the program: a signal still ends it', async () => {
	const {pty, shows, exit} = running();
	await shows(all => all[1] === 'size: 60x10');
	const stuck = new Promise<void>(resolve => {
		let seen = 0;
		pty.onData(text => {
			seen += text.length;
			if (seen > 50_000) {
				pty.pause();
				resolve();
			}
		});
	});
	pty.write('w');
	await stuck;
	// Longer than the kernel's buffer takes to fill at 600 bytes per millisecond.
	await new Promise(resolve => setTimeout(resolve, 500));
	process.kill(pty.pid, 'SIGTERM');
	await expect.poll(() => runs(pty.pid)).toBe(false);
	pty.resume();
	expect(await exit).toBe(143);
});
