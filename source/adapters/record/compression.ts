import {once} from 'node:events';
import * as zlib from 'node:zlib';
import {UserError} from '../../core/values/errors.ts';

/** How a file is packed. */
export type Compression = 'gzip' | 'zstd';

// Nobody reads before a line is packed: it has to have room until then.
const room: {readonly readableHighWaterMark: number} & zlib.ZlibOptions & zlib.ZstdOptions = {readableHighWaterMark: 2 ** 30};
/** The bytes with which a frame begins. */
export const magics: Readonly<Record<Compression, Buffer>> = {
	gzip: Buffer.from([0x1f, 0x8b, 0x08]),
	zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
};

/** How a file of this name is to be packed; undefined where it is not. */
export const compressionNamed = (file: string): Compression | undefined =>
	file.endsWith('.gz') ? 'gzip' : file.endsWith('.zst') ? 'zstd' : undefined;

/** How the bytes at the beginning of a file say that it is packed. */
export const compressionFound = (head: Buffer): Compression | undefined =>
	(['gzip', 'zstd'] as const).find(kind => head.subarray(0, magics[kind].length).equals(magics[kind]));

/** Throws a UserError where this Node.js has no zstd: it came with 22.15. */
export const assertKnown = (compression: Compression | undefined, file: string): void => {
	if (compression === 'zstd' && typeof zlib.createZstdCompress !== 'function')
		throw new UserError(`${file} needs zstd, which Node.js ${process.version} has not.`, {
			hint: 'Use Node.js 22.15 or later, or a file ending in .gz.',
			exitCode: 1,
		});
};

/** Packs texts into one frame (a member of gzip): what `pack` gives can be read again when it is on disk, whatever follows. */
export type Packer = {readonly pack: (text: string) => Promise<Buffer>; readonly end: () => Promise<Buffer>};

/** Begins a frame. */
export const createPacker = (compression: Compression): Packer => {
	const {Z_SYNC_FLUSH, ZSTD_c_checksumFlag, ZSTD_e_flush} = zlib.constants;
	const stream =
		compression === 'gzip' ? zlib.createGzip(room) : zlib.createZstdCompress({...room, params: {[ZSTD_c_checksumFlag]: 1}});
	const ready = (): Buffer => (stream.read() as Buffer | null) ?? Buffer.alloc(0);
	return {
		pack: text =>
			new Promise((resolve, reject) => {
				stream.once('error', reject);
				stream.write(text);
				stream.flush(compression === 'gzip' ? Z_SYNC_FLUSH : ZSTD_e_flush, () => {
					stream.off('error', reject);
					resolve(ready());
				});
			}),
		end: async () => {
			const ended = once(stream, 'end');
			stream.end();
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			await ended;
			return Buffer.concat(chunks);
		},
	};
};
