import {once} from 'node:events';
import * as zlib from 'node:zlib';
import {UserError} from '../../core/values/errors.ts';

/** Compression of a recording. */
export type Compression = 'gzip' | 'zstd';

// A line is read only after it is compressed completely, so the stream has to hold it.
const room: {readonly readableHighWaterMark: number} & zlib.ZlibOptions & zlib.ZstdOptions = {readableHighWaterMark: 2 ** 30};
/** First bytes of a frame. */
export const magics: Readonly<Record<Compression, Buffer>> = {
	gzip: Buffer.from([0x1f, 0x8b, 0x08]),
	zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
};

/** Compression by the name of a file; undefined for plain text. */
export const compressionNamed = (file: string): Compression | undefined =>
	file.endsWith('.gz') ? 'gzip' : file.endsWith('.zst') ? 'zstd' : undefined;

/** Compression by the first bytes of a file; undefined for plain text. */
export const compressionOfBytes = (head: Buffer): Compression | undefined =>
	(['gzip', 'zstd'] as const).find(kind => head.subarray(0, magics[kind].length).equals(magics[kind]));

/** Throws a UserError for zstd if this Node.js lacks it (before 22.15). */
export const assertSupported = (compression: Compression | undefined, file: string): void => {
	if (compression === 'zstd' && typeof zlib.createZstdCompress !== 'function')
		throw new UserError(`${file} needs zstd, which Node.js ${process.version} does not support.`, {
			hint: 'Use Node.js 22.15 or later, or a file ending in .gz.',
			exitCode: 1,
		});
};

/** Compresses texts into one frame (gzip: member); the bytes of each `pack` are readable once on disk, whatever follows. */
export type Packer = {readonly pack: (text: string) => Promise<Buffer>; readonly end: () => Promise<Buffer>};

/** Creates a packer for a new frame. */
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
