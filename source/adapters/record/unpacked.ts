import * as zlib from 'node:zlib';
import {type Compression, magics} from './compression.ts';

// What comes out of a piece in which something is damaged is lost with it.
const pieceBytes = 512;

// A block of zstd is an eighth of it: what takes more and gives nothing is damaged.
const mostQuietBytes = 1024 ** 2;

/**
 * The bytes that packed bytes stand for, up to the last that was flushed, frame by frame; `undefined` stands for what is damaged,
 * and behind it begins another frame.
 */
export async function* unpacked(chunks: AsyncIterable<Buffer>, compression: Compression): AsyncGenerator<Buffer | undefined> {
	const magic = magics[compression];
	let frame: Frame | undefined;
	let rest: Buffer = Buffer.alloc(0);
	let isLost = false;
	// A damaged length swallows the frames that follow: what a frame has taken without giving anything can be looked at again.
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
					// The rest may hold the first bytes of where one begins.
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
	// Whoever puts something in is told as well; unheard, an error would end the program.
	return frame.on('error', () => {});
};

type Outcome = 'taken' | 'ended' | 'damaged';

/** What comes out for a piece that is put in; what is behind the end of a frame is not taken. */
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
