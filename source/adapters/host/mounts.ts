import {readlink} from 'node:fs/promises';
import {resolve} from 'node:path/posix';
import {mountLinesOf} from './procfs.ts';

/** A mounted file system: device, root within it, mount point and type. */
export type Mount = {readonly device: string; readonly root: string; readonly point: string; readonly type: string};

// mountinfo escapes white space and backslashes in octal, a blank as \040.
const unescaped = (text: string): string =>
	text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

const mountOfLine = (line: string): Mount => {
	const [before = '', after = ''] = line.split(' - ');
	const [, , device = '', root = '', point = ''] = before.split(' ');
	return {device, root, point: unescaped(point), type: after.split(' ')[0] ?? ''};
};

/** Mounts in the mount namespace of a process. Throws if they cannot be read. */
export const mountsOf = (pid: number | 'self'): readonly Mount[] => mountLinesOf(pid).map(mountOfLine);

const isBelow = (path: string, point: string): boolean => point === '/' || path === point || path.startsWith(`${point}/`);

/** Mount of a path: the last of those with the longest mount point, which covers the others. */
export const mountOf = (mounts: readonly Mount[], path: string): Mount | undefined => {
	let best: Mount | undefined;
	for (const mount of mounts) if (isBelow(path, mount.point) && mount.point.length >= (best?.point.length ?? 0)) best = mount;
	return best;
};

/** True if two mounts are the same part of the same device at the same point, also across containers. */
export const isSameMount = (a: Mount | undefined, b: Mount | undefined): boolean =>
	a !== undefined && b !== undefined && a.device === b.device && a.root === b.root && a.point === b.point;

// A network file system may never answer, and a thread that waits for it keeps the process from exiting.
const answering = new Set('bcachefs btrfs devtmpfs ext2 ext3 ext4 f2fs jfs overlay ramfs reiserfs tmpfs xfs zfs'.split(' '));

/** True if the file system is local and answers at once. */
const isAnswering = (mount: Mount | undefined): boolean => mount !== undefined && answering.has(mount.type);

const mostLinks = 40;

/**
 * Resolves the symbolic links of a path; undefined if it is on, or leads through, a file system that may never answer. Rejects if
 * the path does not exist or is not accessible.
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
