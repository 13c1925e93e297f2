import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync, cpSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {inject} from 'vitest';
import {type Binaries, binariesEnvironment} from '../../source/demo/binaries.ts';
import {serverOwner} from '../../source/demo/owner.ts';
import {initdbOptions} from '../../source/demo/premises.ts';

const longestInstallMs = 120_000;

/** Stops this thread, which has nothing to do before it has a server. */
const sleep = (milliseconds: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** Creates a folder; false if another process was faster. */
const isNew = (folder: string): boolean => {
	try {
		mkdirSync(folder);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	}
};

const install = (source: Binaries, installed: Binaries, folder: string): void => {
	const owner = serverOwner();
	if (owner) chownSync(folder, owner.uid, owner.gid);
	chmodSync(folder, 0o755);
	cpSync(source.root, installed.root, {recursive: true});
	const environment = binariesEnvironment(installed, join(folder, 'lib'));
	const made = spawnSync(join(installed.bin, 'initdb'), ['-D', installed.cluster ?? '', ...initdbOptions], {
		...owner,
		cwd: '/',
		env: environment,
		encoding: 'utf8',
	});
	if (made.status !== 0) throw new Error(`initdb of PostgreSQL ${source.version} failed: ${made.stderr}`);
};

/**
 * The programs of a packaged version where the user of the servers can run them, with an empty cluster. Both are made once in a run
 * of the tests, by the first process that asks; the others wait for it.
 */
export const installed = (source: Binaries): Binaries => {
	const folder = join(inject('scratch'), `pg${source.version}`);
	const root = join(folder, 'native');
	const binaries: Binaries = {...source, root, bin: join(root, 'bin'), cluster: join(folder, 'cluster')};
	const [ready, failed] = [join(folder, 'ready'), join(folder, 'failed')];
	if (isNew(folder)) {
		try {
			install(source, binaries, folder);
			writeFileSync(ready, '');
		} catch (error) {
			writeFileSync(failed, String(error));
			throw error;
		}
	}
	const deadline = performance.now() + longestInstallMs;
	while (!existsSync(ready)) {
		if (existsSync(failed) || performance.now() > deadline) throw new Error(`PostgreSQL ${source.version} was not installed.`);
		sleep(10);
	}
	return binaries;
};
