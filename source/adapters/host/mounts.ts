import {readlink} from 'node:fs/promises';
import {resolve} from 'node:path/posix';
import {mountLinesOf} from './procfs.ts';

/** A mounted file system: its device, which part of it stands where, and its type. */
export type Mount = {readonly device: string; readonly root: string; readonly point: string; readonly type: string};

// Blanks and the like stand in mountinfo as \040.
const unescaped = (text: string): string =>
	text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

const mountOfLine = (line: string): Mount => {
	const [before = '', after = ''] = line.split(' - ');
	const [, , device = '', root = '', point = ''] = before.split(' ');
	return {device, root, point: unescaped(point), type: after.split(' ')[0] ?? ''};
};

/** What is mounted where a process looks from. Throws where that is not told. */
export const mountsOf = (pid: number | 'self'): readonly Mount[] => mountLinesOf(pid).map(mountOfLine);

const isBelow = (path: string, point: string): boolean => point === '/' || path === point || path.startsWith(`${point}/`);

/** What a path lies on: of the mounts with the longest point the last, which covers those before. */
export const mountOf = (mounts: readonly Mount[], path: string): Mount | undefined => {
	let found: Mount | undefined;
	for (const mount of mounts) if (isBelow(path, mount.point) && mount.point.length >= (found?.point.length ?? 0)) found = mount;
	return found;
};

/** Whether a path lies on the same part of the same device for two that look from elsewhere, as programs in containers do. */
export const isSameMount = (a: Mount | undefined, b: Mount | undefined): boolean =>
	a !== undefined && b !== undefined && a.device === b.device && a.root === b.root && a.point === b.point;

// A file system of the network may never answer, and a thread that waits for it keeps the program from ending.
const answering = new Set('bcachefs btrfs ext2 ext3 ext4 f2fs jfs overlay ramfs reiserfs tmpfs xfs zfs'.split(' '));

/** Whether a mount is one that answers at once or not at all. */
const isAnswering = (mount: Mount | undefined): boolean => mount !== undefined && answering.has(mount.type);

const mostLinks = 40;

/**
 * Where a path leads when its symbolic links are followed; undefined where that is on, or through, what may never answer.
 * Rejects where it leads nowhere or may not be followed.
 */
export const followLinks = async (path: string, mounts: readonly Mount[]): Promise<string | undefined> => {
	const rest = path.split('/');
	let at = '/';
	for (let links = 0; rest.length > 0; ) {
		const next = resolve(at, rest.shift() ?? '');
		if (!isAnswering(mountOf(mounts, next))) return undefined;
		const link = next === at ? undefined : await linkAt(next);
		if (link === undefined) at = next;
		else {
			if (++links > mostLinks) return undefined;
			rest.unshift(...link.split('/'));
			if (link.startsWith('/')) at = '/';
		}
	}
	return at;
};

const linkAt = async (path: string): Promise<string | undefined> => {
	try {
		return await readlink(path);
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'EINVAL') return undefined;
		throw error;
	}
};
