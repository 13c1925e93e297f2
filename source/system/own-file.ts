import {constants, mkdtempSync, type Stats, writeFileSync} from 'node:fs';
import {type FileHandle, lstat, mkdir, open, readlink, realpath, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';

const {O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR} = constants;

const ownerOnly = 0o600;
const folderOfOwner = 0o700;
const mostLinks = 40;

/** Code of the error for a file, link or pipe that another user put in place of ours. */
export const foreignCode = 'foreign';

/** The code of an error of the system, else `unknown`. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

/** True if the error is that of a file, link or pipe of another user. */
export const isForeign = (error: unknown): boolean => codeOf(error) === foreignCode;

const foreign = (path: string): Error =>
	Object.assign(new Error(`${path} is not a regular file of this user.`), {code: foreignCode});

/** Creates a folder and the missing ones above it (0700). Node's own way never ends below a folder in which nothing can be made. */
export const makeFolders = async (folder: string): Promise<void> => {
	const make = (): Promise<void> => mkdir(folder, {mode: folderOfOwner});
	try {
		await make();
	} catch (error) {
		const parent = dirname(folder);
		if (codeOf(error) === 'EEXIST') return;
		if (codeOf(error) !== 'ENOENT' || parent === folder) throw error;
		await makeFolders(parent);
		await make().catch((again: unknown) => {
			if (codeOf(again) !== 'EEXIST') throw again;
		});
	}
};

/** Makes an open file readable by its owner only (0600), unless nobody else may read or write it. */
export const keepPrivate = async (handle: FileHandle): Promise<void> => {
	const {mode} = await handle.stat();
	if ((mode & 0o077) !== 0) await handle.chmod(ownerOnly);
};

/**
 * Opens a regular file to read it and to append to it; creates it for its owner only (0600) if it is missing. Throws an error with the code `foreign` for a file of another user or of another kind, and ELOOP for a link.
 */
export const openOwnFile = async (path: string): Promise<FileHandle> => {
	// O_NONBLOCK: opening a pipe without a reader would block forever.
	const handle = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, ownerOnly);
	try {
		const facts = await handle.stat();
		if (!facts.isFile() || facts.uid !== process.geteuid?.()) throw foreign(path);
		return handle;
	} catch (error) {
		await handle.close();
		throw error;
	}
};

/** Creates a file that only its owner can read (0600); fails with EEXIST if anything has its name, a link included. */
export const createOwnFile = (path: string): Promise<FileHandle> => open(path, 'ax', ownerOnly);

/**
 * Writes a new file that only its owner can read (0600); fails with EEXIST if anything has its name. `onCreated` is called before
 * the text is written.
 */
export const writeNewFile = async (path: string, text: string, onCreated: () => void = () => {}): Promise<void> => {
	const handle = await createOwnFile(path);
	onCreated();
	try {
		await handle.writeFile(text);
	} finally {
		await handle.close();
	}
};

/** Writes a text to a new file in a new folder for temporary files (0600 in 0700), at once; undefined if that fails. */
export const writeTemporaryFile = (name: string, text: string): string | undefined => {
	try {
		const file = join(mkdtempSync(join(tmpdir(), 'pgtriage-')), name);
		writeFileSync(file, text, {mode: ownerOnly, flag: 'wx'});
		return file;
	} catch {
		return undefined;
	}
};

/** Creates a folder that only its owner can enter (0700); fails with EEXIST if anything has its name. */
export const createOwnFolder = (path: string): Promise<void> => mkdir(path, {mode: folderOfOwner});

/** A file to write to, behind its links. A `descriptor` is a file that is open already, such as stdout: it may be of any user. */
export type Place = {readonly path: string; readonly kind: 'path' | 'descriptor'};

const descriptors = /^(?:\/proc\/[^/]+(?:\/task\/\d+)?|\/dev)\/fd$/;

/**
 * Follows the links at a path, if they belong to this user or to root; throws an error with the code `foreign` for a link of another
 * user, who chose where it leads.
 */
export const placeOf = async (file: string): Promise<Place> => {
	let path = resolve(file);
	for (let links = 0; links < mostLinks; links++) {
		const folder = await realpath(dirname(path)).catch(() => dirname(path));
		path = join(folder, basename(path));
		if (descriptors.test(folder)) return {path, kind: 'descriptor'};
		const facts = await fileFacts({path, kind: 'path'});
		if (!facts?.isSymbolicLink()) return {path: links === 0 ? file : path, kind: 'path'};
		if (facts.uid !== 0 && facts.uid !== process.geteuid?.()) throw foreign(path);
		path = resolve(folder, await readlink(path));
	}
	throw Object.assign(new Error(`${file} leads through too many links.`), {code: 'ELOOP'});
};

/** Opens the file behind a descriptor once more, to read it and to append to it. */
export const reopen = (path: string): Promise<FileHandle> => open(path, 'a+');

/** Facts of what is at a place; undefined if nothing is. */
export const fileFacts = async ({path, kind}: Place): Promise<Stats | undefined> => {
	try {
		return await (kind === 'descriptor' ? stat(path) : lstat(path));
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return undefined;
		throw error;
	}
};

/**
 * Opens a pipe, a terminal or a null device to write to it. Throws an error with the code `foreign` if another user put it there, or
 * if it is a disk, of which a recording would destroy the content; ENXIO if a pipe has no reader.
 */
export const openOwnDevice = async ({path, kind}: Place, facts: Stats): Promise<FileHandle> => {
	const follow = kind === 'descriptor' ? 0 : O_NOFOLLOW;
	const isOwn = (one: Stats): boolean => kind === 'descriptor' || one.uid === 0 || one.uid === process.geteuid?.();
	if (facts.isBlockDevice() || !isOwn(facts)) throw foreign(path);
	const handle = await open(path, constants.O_WRONLY | O_APPEND | O_NONBLOCK | follow);
	const opened = await handle.stat();
	if (opened.dev === facts.dev && opened.ino === facts.ino) return handle;
	await handle.close();
	throw foreign(path);
};
