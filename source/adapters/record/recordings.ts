import {type FileHandle, readdir, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {createForm} from '../../core/recording/form.ts';
import {createDecoder, type Header} from '../../core/recording/lines.ts';
import {rotatedFiles} from '../../core/recording/rotation.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {UserError} from '../../core/values/errors.ts';
import {queries} from '../../queries/index.ts';
import {openToRead} from '../../system/reading.ts';
import {assertSupported, type Compression, compressionNamed, compressionOfBytes} from './compression.ts';
import {linesIn, type TextLine} from './lines.ts';
import {unpacked} from './unpacked.ts';

/** A recording opened for reading. */
export type Recording = {
	/** First header; undefined if damaged. */
	readonly header: Header | undefined;
	/**
	 * Samples in order, read lazily up to the last line, even while the file is being written. Each iteration starts from the
	 * beginning; stdin and pipes allow only one. Throws a UserError if a later format begins or reading fails.
	 */
	readonly samples: AsyncIterable<Sample>;
	/** Number of unreadable lines in the newest iteration so far. */
	readonly damaged: () => number;
};

/**
 * Opens a recording, plain or compressed with gzip or zstd, preceded by its rotated files unless `alone`; `-` is stdin. Throws a
 * UserError if it cannot be read, has another format version, or holds no sample.
 */
export const openRecording = async (file: string, {alone = false}: {readonly alone?: boolean} = {}): Promise<Recording> => {
	let header: Header | undefined;
	let damaged = 0;
	async function* read(): AsyncGenerator<Sample> {
		const decode = createDecoder();
		const form = createForm(queries);
		damaged = 0;
		// The number of lost lines is known only from the next readable sample.
		let before: number | undefined;
		let lost = 0;
		for await (const line of linesOf(file, alone)) {
			if (line?.text === '') continue;
			const decoded = line ? decode(line.text) : {skipped: true};
			if (decoded.skipped && line?.ended !== false) {
				damaged++;
				lost++;
			}
			if (decoded.header) {
				header ??= decoded.header;
				before = undefined;
				lost = 0;
			}
			if (!decoded.sample) continue;
			const {seq} = decoded.sample;
			if (lost > 0 && before !== undefined) damaged += Math.max(0, seq - before - 1 - lost);
			before = seq;
			lost = 0;
			yield form(decoded.sample);
		}
	}
	const firstIteration = read();
	const first = await firstIteration.next();
	if (first.done) throw new UserError(`${file} holds no sample.`, {hint: 'Check that it is a pgtriage recording.', exitCode: 1});
	let pending: AsyncGenerator<Sample> | undefined = startingWith(first.value, firstIteration);
	const isFile = await isRegular(file);
	const samples = (): AsyncGenerator<Sample> => {
		const iteration = pending ?? read();
		if (!pending && !isFile)
			throw new UserError(`${file} can be read only once.`, {hint: 'Copy it to a file first.', exitCode: 1});
		pending = undefined;
		return iteration;
	};
	return {header, samples: {[Symbol.asyncIterator]: samples}, damaged: () => damaged};
};

async function* startingWith(first: Sample, rest: AsyncGenerator<Sample>): AsyncGenerator<Sample> {
	try {
		yield first;
		yield* rest;
	} finally {
		// Closes the file if the consumer stops after the first sample.
		await rest.return(undefined);
	}
}

const isRegular = async (file: string): Promise<boolean> => {
	try {
		return (await stat(file)).isFile();
	} catch {
		// It is stdin, or only its rotated files exist.
		return file !== '-';
	}
};

/** Header and compression at the beginning of a file. */
export const beginningOf = async (
	file: string,
): Promise<{readonly header: Header | undefined; readonly compression: Compression | undefined}> => {
	const decode = createDecoder();
	let compression: Compression | undefined;
	const handle = await openToRead(file);
	const onCompression = (kind: Compression | undefined): void => {
		compression = kind;
	};
	for await (const line of linesIn(plain(handle.createReadStream(), file, onCompression)))
		return {header: line && decode(line.text).header, compression};
	return {header: undefined, compression};
};

async function* linesOf(file: string, alone: boolean): AsyncGenerator<TextLine | undefined> {
	try {
		if (file === '-') yield* linesIn(plain(process.stdin, file));
		else
			for await (const each of alone ? [await openToRead(file)] : filesOf(file))
				yield* linesIn(plain(each.createReadStream(), file));
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${file} cannot be read.`, {hint: 'Check its name, permissions and disk.', exitCode: 1});
	}
}

/** Opens the files of a recording, oldest first, even if it is rotated meanwhile; throws if there is none. */
async function* filesOf(file: string): AsyncGenerator<FileHandle> {
	const folder = dirname(file);
	const listed = new Set<string>();
	for (;;) {
		// Open it before listing the others: a rename by rotation does not matter then.
		const newest = await openIfExists(file);
		const beside = rotatedFiles(basename(file), await readdir(folder).catch(() => []));
		const older = beside.find(name => !listed.has(name));
		if (older === undefined) {
			if (newest) yield newest;
			else if (listed.size === 0) await openToRead(file);
			return;
		}
		listed.add(older);
		await newest?.close();
		const handle = await openIfExists(join(folder, older));
		if (handle) yield handle;
	}
}

/** Opens a file; undefined if it does not exist: rotation may have moved or deleted it. */
const openIfExists = async (file: string): Promise<FileHandle | undefined> => {
	try {
		return await openToRead(file);
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
		throw error;
	}
};

const headBytes = 4;
const brace = 0x7b;

/** Bytes of a file, decompressed if its first bytes say so; reports the compression to `onCompression`. */
async function* plain(
	stream: AsyncIterable<Buffer>,
	file: string,
	onCompression: (compression: Compression | undefined) => void = () => {},
): AsyncGenerator<Buffer | undefined> {
	const chunks = stream[Symbol.asyncIterator]();
	try {
		let head: Buffer = Buffer.alloc(0);
		while (head.length < headBytes) {
			const {value, done} = await chunks.next();
			if (done) break;
			head = Buffer.concat([head, value]);
		}
		// If the first bytes are damaged, use the name.
		const compression = compressionOfBytes(head) ?? (head[0] === brace ? undefined : compressionNamed(file));
		assertSupported(compression, file);
		onCompression(compression);
		const all = headFirst(head, chunks);
		yield* compression ? unpacked(all, compression) : all;
	} finally {
		await chunks.return?.();
	}
}

async function* headFirst(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
	yield head;
	for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}
