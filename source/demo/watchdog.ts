import {spawn} from 'node:child_process';
import {chownSync, mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {canEnter, type Owner} from './owner.ts';

/** A temporary folder, and a process that outlives this one to stop the servers in it and delete it. */
export type Watchdog = {
	readonly folder: string;
	/** Registers a process that must not outlive this one. */
	watch(pid: number): void;
	/** Unregisters an ended process, whose pid may be reused. */
	forget(pid: number): void;
	/** Stops the registered processes, deletes the folder, and resolves when both are done. */
	close(): Promise<void>;
};

// The shell reads commands until the pipe closes, which the kernel does even after kill -9 of this process. A zombie counts as
// gone: in a container without an init process nothing may ever reap it.
const script = `
trap '' INT TERM HUP QUIT
pids=
while read -r command pid; do
	kept=
	for each in $pids; do [ "$each" = "$pid" ] || kept="$kept $each"; done
	pids=$kept
	[ "$command" = forget ] || pids="$pids $pid"
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

// A socket path has at most 103 bytes on macOS and 107 on Linux; the demo adds about 45 to the temporary folder.
const longestBase = 55;

const temporaryBase = (owner: Owner | undefined): string => {
	const base = tmpdir();
	return base.length <= longestBase && canEnter(owner, base) ? base : '/tmp';
};

/** Creates the folder, owned by `owner`, and starts the process that guards it. */
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
	// A killed watchdog must not take the monitor with it.
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
