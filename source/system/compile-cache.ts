// Loaded before the version of Node is known to be recent enough: only modules of Node, nothing newer than `cli.ts` itself.
import {lstatSync, mkdirSync, readdirSync, readlinkSync, type Stats} from 'node:fs';
import * as nodeModule from 'node:module';
import {dirname, isAbsolute, join, resolve} from 'node:path';

const mostLinks = 40;
const writableByOthers = 0o022;
const sticky = 0o1000;

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Facts of a path, without following a link; creates a folder (0700) if it is missing. */
const factsOf = (path: string): Stats => {
	try {
		return lstatSync(path);
	} catch (error) {
		if (!isMissing(error)) throw error;
		mkdirSync(path, 0o700);
		return lstatSync(path);
	}
};

/**
 * True if no user but this one and root can replace what is in a folder: it and every folder above it belong to one of the two and
 * are writable by others only with the sticky bit. Links are followed if the same holds for them.
 */
const isOutOfReach = (folder: string, uid: number, links = 0): boolean => {
	const parent = dirname(folder);
	if (parent !== folder && !isOutOfReach(parent, uid, links)) return false;
	const facts = factsOf(folder);
	if (facts.uid !== uid && facts.uid !== 0) return false;
	if (facts.isSymbolicLink()) return links < mostLinks && isOutOfReach(resolve(parent, readlinkSync(folder)), uid, links + 1);
	return facts.isDirectory() && ((facts.mode & writableByOthers) === 0 || (facts.mode & sticky) !== 0);
};

const isOwn = (facts: Stats, uid: number): boolean => facts.uid === uid && (facts.mode & writableByOthers) === 0;

/** True for a folder of this user that others cannot write to; false for a link to one. */
const isOwnFolder = (folder: string, uid: number): boolean => {
	const facts = factsOf(folder);
	return facts.isDirectory() && isOwn(facts, uid);
};

/** True if each entry of a folder of Node is a file of this user. */
const holdsOwnFiles = (folder: string, uid: number): boolean =>
	readdirSync(folder).every(name => {
		const facts = lstatSync(join(folder, name));
		return facts.isFile() && isOwn(facts, uid);
	});

/**
 * The folder of compiled code below the cache of the user, created if missing; undefined if another user can write to it, replace it
 * or has put anything in it: compiled code that is planted there would run as this user. Never throws.
 */
export const compileCacheFolder = (
	{XDG_CACHE_HOME, HOME}: Readonly<Record<string, string | undefined>>,
	home: () => string,
	uid: number | undefined,
): string | undefined => {
	if (uid === undefined) return undefined;
	try {
		// A relative XDG_CACHE_HOME is invalid and ignored, as its specification says: it would be another folder in each directory.
		const base = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME || home(), '.cache');
		if (!isAbsolute(base) || !isOutOfReach(resolve(base), uid)) return undefined;
		const folder = join(resolve(base), 'pgtriage');
		if (!isOwnFolder(folder, uid)) return undefined;
		const isSafe = readdirSync(folder).every(name => {
			const below = join(folder, name);
			return isOwnFolder(below, uid) && holdsOwnFiles(below, uid);
		});
		return isSafe ? folder : undefined;
	} catch {
		// Without such a folder everything is compiled again.
		return undefined;
	}
};

/** Lets Node keep compiled code for the next start, if it has a folder that only this user can write to. */
export const enableCompileCache = (environment: Readonly<Record<string, string | undefined>>, home: () => string): void => {
	const folder = compileCacheFolder(environment, home, process.geteuid?.());
	if (folder === undefined) return;
	// Node's own folder would be writable by others with a loose umask, and then it would never be used again.
	const mask = process.umask(0o077);
	nodeModule.enableCompileCache(folder);
	process.umask(mask);
};
