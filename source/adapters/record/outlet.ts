import type {Stats} from 'node:fs';
import type {FileHandle} from 'node:fs/promises';
import {Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {UserError} from '../../core/values/errors.ts';
import {codeOf, openOwnDevice, type Place} from '../../system/own-file.ts';

/** The path of stdout, which may be a file, a pipe or a socket. */
export const stdoutPath = '/dev/stdout';

/** Destination of the bytes of a recording, all of them and in order. */
export type Outlet = {
	readonly append: (content: Buffer) => Promise<void>;
	readonly close: () => Promise<void>;
	/** The open file; undefined for a pipe or a socket. */
	readonly file: FileHandle | undefined;
};

/** Creates an outlet to a file. */
export const fileOutlet = (handle: FileHandle): Outlet => ({
	append: content => handle.appendFile(content),
	close: () => handle.close(),
	file: handle,
});

const retryMs = 20;
// The reader of a pipe is started before the recording or right after it.
const readerMs = 10_000;

/**
 * Creates an outlet to a pipe or another special file, once it has a reader; throws a UserError if none comes in 10 seconds. Opens it only for writing: a process that also has it
 * open for reading never gets EPIPE. Does not block in a write, which would keep the process from exiting.
 */
export const pipeOutlet = async (place: Place, facts: Stats): Promise<Outlet> => {
	if (facts.isSocket() && place.path === stdoutPath) return socketOutlet(1);
	const handle = await openToWrite(place, facts);
	const append = async (content: Buffer): Promise<void> => {
		let offset = 0;
		while (offset < content.length) {
			try {
				offset += (await handle.write(content, offset)).bytesWritten;
			} catch (error) {
				if (codeOf(error) !== 'EAGAIN') throw error;
				await sleep(retryMs);
			}
		}
	};
	return {append, close: () => handle.close(), file: undefined};
};

const openToWrite = async (place: Place, facts: Stats): Promise<FileHandle> => {
	for (let waited = 0; ; waited += retryMs) {
		try {
			return await openOwnDevice(place, facts);
		} catch (error) {
			if (!facts.isFIFO() || codeOf(error) !== 'ENXIO') throw error;
			if (waited >= readerMs)
				throw new UserError(`No program reads the pipe ${place.path}.`, {hint: 'Start its reader first.', exitCode: 1});
			await sleep(retryMs);
		}
	}
};

/** Creates an outlet to a socket, which has no path to open: stdout under ssh is one. */
const socketOutlet = (fd: number): Outlet => {
	const socket = new Socket({fd, readable: false, writable: true});
	// The write reports the error too; without a listener it would end the process.
	socket.on('error', () => {});
	const append = (content: Buffer): Promise<void> =>
		new Promise((resolve, reject) => socket.write(content, error => (error ? reject(error) : resolve())));
	return {append, close: async () => {}, file: undefined};
};
