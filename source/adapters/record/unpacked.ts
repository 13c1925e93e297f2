import * as zlib from 'node:zlib';
import {type Compression, magics} from './compression.ts';

// The output of a piece with damage is lost.
const pieceBytes = 512;

// A zstd block has at most an eighth of this: a frame that takes more without output is damaged.
const mostQuietBytes = 1024 ** 2;

/**
 * Decompresses frame by frame, up to the last flushed byte; yields `undefined` for damage, and continues with the next frame after
 * it.
 */
export async function* unpacked(chunks: AsyncIterable<Buffer>, compression: Compression): AsyncGenerator<Buffer | undefined> {
	const magic = magics[compression];
	let frame: Frame | undefined;
	let rest: Buffer = Buffer.alloc(0);
	let isLost = false;
	// A damaged length swallows the following frames: keep the input since the last output to search it for them.
	let quiet: Buffer = Buffer.alloc(0);
	let isBegin = true;
	const nextInQuiet = (): number => quiet.indexOf(magic, isBegin ? 1 : 0);
	const leave = (): void => {
		frame?.destroy();
		frame = undefined;
	};
	const input = chunks[Symbol.asyncIterator]();
	try {
		for (;;) {
			while (rest.length >= (frame ? 1 : magic.length)) {
				if (!frame) {
					const place = rest.indexOf(magic);
					if (place !== 0 && !isLost) yield undefined;
					isLost = place === -1;
					// The rest may end with the first bytes of a magic number.
					rest = rest.subarray(isLost ? rest.length - magic.length + 1 : place);
					if (isLost) break;
					frame = begin(compression);
					[quiet, isBegin] = [Buffer.alloc(0), true];
				}
				const before = frame.bytesWritten;
				const piece = rest.subarray(0, pieceBytes);
				const {outcome, isQuiet} = yield* through(frame, piece);
				if (outcome === 'ended') {
					rest = rest.subarray(frame.bytesWritten - before);
					leave();
					continue;
				}
				if (!isQuiet) [quiet, isBegin] = [Buffer.alloc(0), before === 0];
				quiet = Buffer.concat([quiet, piece]);
				rest = rest.subarray(piece.length);
				if (outcome === 'taken' && quiet.length <= mostQuietBytes) continue;
				yield undefined;
				rest = Buffer.concat([quiet.subarray(isBegin ? 1 : 0), rest]);
				isLost = true;
				leave();
			}
			const {value, done} = await input.next();
			if (!done) {
				rest = Buffer.concat([rest, value]);
				continue;
			}
			const place = frame ? nextInQuiet() : -1;
			if (place === -1) return;
			yield undefined;
			rest = quiet.subarray(place);
			leave();
		}
	} finally {
		leave();
		await input.return?.();
	}
}

type Frame = zlib.Gunzip | zlib.ZstdDecompress;

const begin = (compression: Compression): Frame => {
	const frame = compression === 'gzip' ? zlib.createGunzip() : zlib.createZstdDecompress();
	// The write reports the error too; without a listener it would end the process.
	return frame.on('error', () => {});
};

type Outcome = 'taken' | 'ended' | 'damaged';

/** Writes a piece to a frame and yields the output; bytes after the end of the frame are not consumed. */
async function* through(frame: Frame, piece: Buffer): AsyncGenerator<Buffer, {outcome: Outcome; isQuiet: boolean}> {
	let isQuiet = true;
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
			if (chunk) {
				isQuiet = false;
				yield chunk;
			} else if (outcome) return {outcome, isQuiet};
			else await new Promise<void>(resolve => (wake = resolve));
		}
	} finally {
		frame.off('end', ended).off('error', damaged).off('readable', readable);
	}
}
