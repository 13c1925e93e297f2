import * as zlib from 'node:zlib';
import {type Compression, magics} from './compression.ts';

// What comes out of a piece in which something is damaged is lost with it.
const pieceBytes = 4096;

/**
 * The bytes that packed bytes stand for, up to the last that was flushed, frame by frame; `undefined` stands for what is damaged,
 * and behind it begins another frame.
 */
export async function* unpacked(chunks: AsyncIterable<Buffer>, compression: Compression): AsyncGenerator<Buffer | undefined> {
	const magic = magics[compression];
	let frame: zlib.Gunzip | zlib.ZstdDecompress | undefined;
	let rest: Buffer = Buffer.alloc(0);
	let isLost = false;
	try {
		for await (const chunk of chunks) {
			rest = Buffer.concat([rest, chunk]);
			while (rest.length >= (frame ? 1 : magic.length)) {
				if (!frame) {
					const place = rest.indexOf(magic);
					if (place !== 0 && !isLost) yield undefined;
					isLost = place !== 0;
					// The rest may hold the first bytes of where one begins.
					rest = rest.subarray(place === -1 ? rest.length - magic.length + 1 : place);
					if (place === -1) break;
					isLost = false;
					frame = compression === 'gzip' ? zlib.createGunzip() : zlib.createZstdDecompress();
					// Whoever puts something in is told as well; unheard, an error would end the program.
					frame.on('error', () => {});
				}
				const before = frame.bytesWritten;
				const outcome = yield* through(frame, rest.subarray(0, pieceBytes));
				if (outcome === 'taken') {
					rest = rest.subarray(pieceBytes);
					continue;
				}
				// A frame that is damaged in its first piece is not begun again.
				rest = rest.subarray(outcome === 'ended' ? frame.bytesWritten - before : before === 0 ? 1 : 0);
				frame.destroy();
				frame = undefined;
				if (outcome === 'damaged') yield undefined;
				isLost = outcome === 'damaged';
			}
		}
	} finally {
		frame?.destroy();
	}
}

type Outcome = 'taken' | 'ended' | 'damaged';

/** What comes out for a piece that is put in; what is behind the end of a frame is not taken. */
async function* through(frame: zlib.Gunzip | zlib.ZstdDecompress, piece: Buffer): AsyncGenerator<Buffer, Outcome> {
	let outcome: Outcome | undefined;
	let wake = (): void => {};
	const settle = (settled: Outcome) => (): void => {
		outcome ??= settled;
		wake();
	};
	const [ended, damaged, readable] = [settle('ended'), settle('damaged'), () => wake()];
	frame.on('end', ended).on('error', damaged).on('readable', readable);
	const end = frame.bytesWritten + piece.length;
	frame.write(piece, error => (error ? damaged : frame.bytesWritten < end ? ended : settle('taken'))());
	try {
		for (;;) {
			const chunk = frame.read() as Buffer | null;
			if (chunk) yield chunk;
			else if (outcome) return outcome;
			else await new Promise<void>(resolve => (wake = resolve));
		}
	} finally {
		frame.off('end', ended).off('error', damaged).off('readable', readable);
	}
}
