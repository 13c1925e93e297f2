import {constants, type Stats} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

/** What bytes are written into, all of them and in order. */
export type Outlet = {
	readonly append: (content: Buffer) => Promise<void>;
	readonly close: () => Promise<void>;
	/** The file that is open; undefined where there is none. */
	readonly file: FileHandle | undefined;
};

/** A file as an outlet. */
export const fileOutlet = (handle: FileHandle): Outlet => ({
	append: content => handle.appendFile(content),
	close: () => handle.close(),
	file: handle,
});

const {O_WRONLY, O_APPEND, O_NONBLOCK} = constants;

const againMs = 20;

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/**
 * What is no file as an outlet, such as a pipe, once somebody reads it. It is open for writing alone: who has a pipe open for
 * reading as well is never told that nobody else reads. Nothing waits in a write, which would keep the process from ending.
 */
export const pipeOutlet = async (path: string, found: Stats): Promise<Outlet> => {
	if (found.isSocket() && path === '/dev/stdout') return socketOutlet(1);
	const handle = await opened(path, found.isFIFO());
	const append = async (content: Buffer): Promise<void> => {
		let done = 0;
		while (done < content.length) {
			try {
				done += (await handle.write(content, done)).bytesWritten;
			} catch (error) {
				if (codeOf(error) !== 'EAGAIN') throw error;
				await sleep(againMs);
			}
		}
	};
	return {append, close: () => handle.close(), file: undefined};
};

const opened = async (path: string, waits: boolean): Promise<FileHandle> => {
	for (;;) {
		try {
			return await open(path, O_WRONLY | O_APPEND | O_NONBLOCK);
		} catch (error) {
			if (!waits || codeOf(error) !== 'ENXIO') throw error;
			await sleep(againMs);
		}
	}
};

/** A socket, which cannot be opened by a name: stdout behind ssh is one. */
const socketOutlet = (fd: number): Outlet => {
	const socket = new Socket({fd, readable: false, writable: true});
	// Whoever writes is told as well; unheard, an error would end the program.
	socket.on('error', () => {});
	const append = (content: Buffer): Promise<void> =>
		new Promise((resolve, reject) => socket.write(content, error => (error ? reject(error) : resolve())));
	return {append, close: async () => {}, file: undefined};
};
