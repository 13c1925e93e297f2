import {spawn} from 'node:child_process';
import {chownSync, mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {canEnter, type Owner} from './owner.ts';

/** A temporary folder and a process that outlives us long enough to stop what runs in it and to delete it. */
export type Watchdog = {
	readonly folder: string;
	/** Names a process that must not outlive us. */
	watch(pid: number): void;
	/** Says that the process ended, so that its number may belong to somebody else. */
	forget(pid: number): void;
	/** Stops what is still watched, deletes the folder, and resolves when both are done. */
	close(): Promise<void>;
};

// The shell reads orders until the pipe closes, which the kernel does even after kill -9 of us. A zombie counts as gone:
// in a container without an init process nobody may ever reap it.
const script = `
trap '' INT TERM HUP QUIT
pids=
while read -r order pid; do
	kept=
	for each in $pids; do [ "$each" = "$pid" ] || kept="$kept $each"; done
	pids=$kept
	[ "$order" = forget ] || pids="$pids $pid"
done
alive() {
	kill -0 "$1" 2>/dev/null || return 1
	case $(ps -o stat= -p "$1" 2>/dev/null) in Z*) return 1 ;; esac
}
gone() {
	turns=$1
	while [ "$turns" -gt 0 ]; do
		left=
		for each in $pids; do alive "$each" && left="$left $each"; done
		pids=$left
		[ -n "$pids" ] || return 0
		sleep 0.05
		turns=$((turns - 1))
	done
	return 1
}
for signal in CONT INT; do for each in $pids; do kill -$signal "$each" 2>/dev/null; done; done
gone 40 || { for each in $pids; do kill -QUIT "$each" 2>/dev/null; done; gone 160; } ||
	{ for each in $pids; do kill -KILL "$each" 2>/dev/null; done; gone 40; }
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

// A socket's path holds 103 bytes on macOS and 107 on Linux; ours adds about 45 to the temporary folder.
const longestBase = 55;

const temporaryBase = (owner: Owner | undefined): string => {
	const base = tmpdir();
	return base.length <= longestBase && canEnter(owner, base) ? base : '/tmp';
};

/** Makes the folder, which belongs to `owner`, and starts the process that guards it. */
export const openWatchdog = (owner: Owner | undefined): Watchdog => {
	const folder = mkdtempSync(join(temporaryBase(owner), 'pgtriage-'));
	if (owner) chownSync(folder, owner.uid, owner.gid);
	const shell = spawn('/bin/sh', ['-c', script, 'pgtriage-watchdog', folder], {
		cwd: '/',
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	const ended = new Promise<void>(resolve => {
		shell.once('exit', () => resolve());
		shell.once('error', () => resolve());
	});
	shell.unref();
	const {stdin} = shell;
	// A watchdog that somebody killed must not take the monitor with it.
	stdin.on('error', () => {});
	if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
	return {
		folder,
		watch: pid => void stdin.write(`watch ${pid}\n`),
		forget: pid => void stdin.write(`forget ${pid}\n`),
		close: async () => {
			shell.ref();
			stdin.end();
			await ended;
		},
	};
};
