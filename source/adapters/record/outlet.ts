import {constants, type Stats} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

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

const {O_WRONLY, O_APPEND, O_NONBLOCK} = constants;

const retryMs = 20;

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/**
 * Creates an outlet to a pipe or another special file, once it has a reader. Opens it only for writing: a process that also has it
 * open for reading never gets EPIPE. Does not block in a write, which would keep the process from exiting.
 */
export const pipeOutlet = async (path: string, stats: Stats): Promise<Outlet> => {
	if (stats.isSocket() && path === '/dev/stdout') return socketOutlet(1);
	const handle = await openToWrite(path, stats.isFIFO());
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

const openToWrite = async (path: string, waits: boolean): Promise<FileHandle> => {
	for (;;) {
		try {
			return await open(path, O_WRONLY | O_APPEND | O_NONBLOCK);
		} catch (error) {
			if (!waits || codeOf(error) !== 'ENXIO') throw error;
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
