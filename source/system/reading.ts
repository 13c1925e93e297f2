import {closeSync, constants, fstatSync, openSync, readSync, type Stats} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';

const {O_NOCTTY, O_NONBLOCK, O_RDONLY} = constants;

/** Code of the error for a pipe or device in place of a regular file. */
export const notRegularCode = 'not_regular';

// No configuration, password file or certificate is longer; a device never ends.
const mostBytes = 16 * 1024 ** 2;
const chunkBytes = 64 * 1024;
// The program at the other end of a pipe, such as a password manager, gets this long.
const patienceMs = 3000;
const stepMs = 10;
const never = new Int32Array(new SharedArrayBuffer(4));

const failure = (message: string, code: string): Error => Object.assign(new Error(message), {code});

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;

/** Bytes read: 0 at the end, undefined if nothing has been written yet. */
const readChunk = (fd: number, chunk: Buffer): number | undefined => {
	try {
		return readSync(fd, chunk);
	} catch (error) {
		if (hasCode(error, 'EAGAIN')) return undefined;
		throw error;
	}
};

/** Reads to the end; a pipe is waited for until `patienceMs` have passed. */
const readAll = (fd: number, facts: Stats): Buffer => {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for (let waited = 0; ; ) {
		const chunk = Buffer.alloc(chunkBytes);
		const count = readChunk(fd, chunk);
		if (count) {
			bytes += count;
			if (bytes > mostBytes) throw failure('The file is too long.', 'EFBIG');
			chunks.push(chunk.subarray(0, count));
			continue;
		}
		// A pipe whose writer has not opened it yet looks like one at its end.
		if (count === 0 && (bytes > 0 || !facts.isFIFO())) return Buffer.concat(chunks);
		if (waited >= patienceMs) throw failure('Nothing is written to the pipe.', 'ETIMEDOUT');
		Atomics.wait(never, 0, 0, stepMs);
		waited += stepMs;
	}
};

const withFile = <T>(path: string, use: (fd: number, facts: Stats) => T): T => {
	// O_NONBLOCK: opening a pipe without a writer would block forever.
	const fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	try {
		return use(fd, fstatSync(fd));
	} finally {
		closeSync(fd);
	}
};

/**
 * Reads a regular file, unless `check` throws for its facts. Throws an error with the code `not_regular` for a pipe, a device or a
 * folder, EFBIG for more than 16 MB, and those of the system.
 */
export const readRegularFile = (path: string, check: (facts: Stats) => void = () => {}): Buffer =>
	withFile(path, (fd, facts) => {
		if (!facts.isFile()) throw failure(`${path} is not a regular file.`, notRegularCode);
		check(facts);
		return readAll(fd, facts);
	});

/**
 * Reads a file, or what another program writes to a pipe within three seconds. Throws ETIMEDOUT if nothing ends it, EFBIG for more
 * than 16 MB, and the errors of the system.
 */
export const readInTime = (path: string): Buffer => withFile(path, readAll);

/** True if the process has a controlling terminal, whose end it gets as SIGHUP, even if no stream leads there. */
export const hasTerminal = (): boolean => {
	try {
		return withFile('/dev/tty', () => true);
	} catch {
		return false;
	}
};

/** Opens a file or a pipe to read it; waits for the writer of a pipe. */
export const openToRead = (path: string): Promise<FileHandle> => open(path, 'r');
