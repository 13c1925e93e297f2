import {spawn} from 'node:child_process';
import {chmodSync, cpSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {type Binaries, binariesEnvironment} from './binaries.ts';
import {canEnter, type Owner, serverOwner} from './owner.ts';
import {openWatchdog, type Watchdog} from './watchdog.ts';

/** A PostgreSQL ready to start: programs that its user can read, their environment, and an empty cluster to copy. */
export type Installation = {readonly binaries: Binaries; readonly environment: NodeJS.ProcessEnv; readonly template: string};

/** Resources that all servers of this process share: one folder, one watchdog, one installation per version. */
export type Premises = {
	readonly watchdog: Watchdog;
	readonly owner: Owner | undefined;
	readonly install: (binaries: Binaries) => Promise<Installation>;
	/** Forgets an installation whose template was moved instead of copied. */
	readonly uninstall: (binaries: Binaries) => void;
	readonly newFolder: () => string;
	readonly leave: () => Promise<void>;
};

type Shared = Omit<Premises, 'leave'> & {tenants: number};

/** Runs a program as the user of the servers; throws with its output if it fails. */
export const runProgram = async (
	premises: Pick<Premises, 'owner' | 'watchdog'>,
	program: string,
	args: readonly string[],
	environment: NodeJS.ProcessEnv,
): Promise<void> => {
	const child = spawn(program, args, {
		...premises.owner,
		cwd: '/',
		env: environment,
		detached: true,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const {pid} = child;
	if (pid !== undefined) premises.watchdog.watch(pid);
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	if (pid !== undefined) premises.watchdog.forget(pid);
	if (code !== 0) throw new Error(`${program} failed: ${output.trim().slice(-500)}`);
};

/** Options of `initdb` for a throwaway cluster that every role can log in to. */
export const initdbOptions = ['-U', 'postgres', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8', '--wal-segsize=1'];

const install = async (shared: Pick<Premises, 'owner' | 'watchdog'>, source: Binaries, name: string): Promise<Installation> => {
	const folder = join(shared.watchdog.folder, name);
	mkdirSync(folder);
	let binaries = source;
	if (source.packaged && !canEnter(shared.owner, source.root)) {
		const root = join(folder, 'native');
		cpSync(source.root, root, {recursive: true});
		binaries = {...source, root, bin: join(root, 'bin')};
	}
	const environment = binariesEnvironment(binaries, join(folder, 'lib'));
	if (binaries.cluster !== undefined) return {binaries, environment, template: binaries.cluster};
	const template = join(folder, 'template');
	chmodSync(folder, 0o777);
	await runProgram(shared, join(binaries.bin, 'initdb'), ['-D', template, ...initdbOptions], environment);
	return {binaries, environment, template};
};

const open = (): Shared => {
	const owner = serverOwner();
	const watchdog = openWatchdog(owner);
	const installations = new Map<string, Promise<Installation>>();
	let installs = 0;
	let folders = 0;
	return {
		watchdog,
		owner,
		tenants: 0,
		install: binaries => {
			const existing = installations.get(binaries.bin);
			if (existing) return existing;
			installs += 1;
			const fresh = install({owner, watchdog}, binaries, `v${installs}`);
			installations.set(binaries.bin, fresh);
			return fresh;
		},
		uninstall: binaries => void installations.delete(binaries.bin),
		newFolder: () => {
			folders += 1;
			const folder = join(watchdog.folder, `s${folders}`);
			mkdirSync(folder);
			chmodSync(folder, 0o777);
			return folder;
		},
	};
};

let current: Shared | undefined;

/** Enters the shared premises, which are created with the first server and deleted with the last. */
export const enterPremises = (): Premises => {
	current ??= open();
	const shared = current;
	shared.tenants += 1;
	let left = false;
	return {
		...shared,
		leave: async () => {
			if (left) return;
			left = true;
			shared.tenants -= 1;
			if (shared.tenants > 0) return;
			if (current === shared) current = undefined;
			await shared.watchdog.close();
		},
	};
};
