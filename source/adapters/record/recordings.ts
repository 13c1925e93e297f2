import {type FileHandle, open, readdir, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {createForm} from '../../core/recording/form.ts';
import {createDecoder, type Header} from '../../core/recording/lines.ts';
import {rotatedFiles} from '../../core/recording/rotation.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {UserError} from '../../core/values/errors.ts';
import {queries} from '../../queries/index.ts';
import {assertKnown, type Compression, compressionFound, compressionNamed} from './compression.ts';
import {linesIn, type TextLine} from './lines.ts';
import {unpacked} from './unpacked.ts';

/** A recording that was opened for reading. */
export type Recording = {
	/** Its first header; undefined where that is damaged. */
	readonly header: Header | undefined;
	/**
	 * Its samples in order, read as they are asked for and up to its last line, also while it is still written. Each iteration
	 * begins anew, but of stdin and of pipes there is only one. Throws a UserError where a later format begins or the file
	 * cannot be read any further.
	 */
	readonly samples: AsyncIterable<Sample>;
	/** How many lines the newest iteration has not been able to read so far. */
	readonly damaged: () => number;
};

/**
 * Opens a recording: plain or packed with gzip or zstd, with the files that were rotated out of it (unless `alone`) before it;
 * `-` is stdin. Throws a UserError where it cannot be read, is of another format version, or holds no sample.
 */
export const openRecording = async (file: string, {alone = false}: {readonly alone?: boolean} = {}): Promise<Recording> => {
	let header: Header | undefined;
	let damaged = 0;
	async function* read(): AsyncGenerator<Sample> {
		const decode = createDecoder();
		const form = createForm(queries);
		damaged = 0;
		// Of lines that are gone with others it is known only behind them how many they were.
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
	const begun = read();
	const first = await begun.next();
	if (first.done) throw new UserError(`${file} holds no sample.`, {hint: 'Is it a recording of pgtriage?', exitCode: 1});
	let waiting: AsyncGenerator<Sample> | undefined = behind(first.value, begun);
	const isFile = await isRegular(file);
	const samples = (): AsyncGenerator<Sample> => {
		const iteration = waiting ?? read();
		if (!waiting && !isFile)
			throw new UserError(`${file} can be read only once.`, {hint: 'Copy it into a file first.', exitCode: 1});
		waiting = undefined;
		return iteration;
	};
	return {header, samples: {[Symbol.asyncIterator]: samples}, damaged: () => damaged};
};

async function* behind(first: Sample, rest: AsyncGenerator<Sample>): AsyncGenerator<Sample> {
	try {
		yield first;
		yield* rest;
	} finally {
		// Whoever needs no more than the first leaves a file open otherwise.
		await rest.return(undefined);
	}
}

const isRegular = async (file: string): Promise<boolean> => {
	try {
		return (await stat(file)).isFile();
	} catch {
		// Only the files that were rotated out of it are there, or it is stdin.
		return file !== '-';
	}
};

/** How a file begins: its first line, and how it is packed. */
export const beginningOf = async (
	file: string,
): Promise<{readonly header: Header | undefined; readonly compression: Compression | undefined}> => {
	const decode = createDecoder();
	let compression: Compression | undefined;
	const handle = await open(file);
	const found = (kind: Compression | undefined): void => {
		compression = kind;
	};
	for await (const line of linesIn(plain(handle.createReadStream(), file, found)))
		return {header: line && decode(line.text).header, compression};
	return {header: undefined, compression};
};

async function* linesOf(file: string, alone: boolean): AsyncGenerator<TextLine | undefined> {
	try {
		if (file === '-') yield* linesIn(plain(process.stdin, file));
		else
			for await (const each of alone ? [await open(file)] : filesOf(file)) yield* linesIn(plain(each.createReadStream(), file));
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${file} cannot be read.`, {hint: 'Check its name, its rights and its disk.', exitCode: 1});
	}
}

/** The files of a recording, oldest first, although it may be rotated meanwhile; throws where there is none. */
async function* filesOf(file: string): AsyncGenerator<FileHandle> {
	const folder = dirname(file);
	const known = new Set<string>();
	for (;;) {
		// It has to be open before the others are listed: what it is called later does not matter then.
		const newest = await opened(file);
		const beside = rotatedFiles(basename(file), await readdir(folder).catch(() => []));
		const older = beside.find(name => !known.has(name));
		if (older === undefined) {
			if (newest) yield newest;
			else if (known.size === 0) await open(file);
			return;
		}
		known.add(older);
		await newest?.close();
		const handle = await opened(join(folder, older));
		if (handle) yield handle;
	}
}

/** An open file, or undefined where it is not there: rotation may have moved or deleted it. */
const opened = async (file: string): Promise<FileHandle | undefined> => {
	try {
		return await open(file);
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
		throw error;
	}
};

const headBytes = 4;
const brace = 0x7b;

/** The bytes of a file, unpacked where its first ones say that it is packed. */
async function* plain(
	stream: AsyncIterable<Buffer>,
	file: string,
	found: (compression: Compression | undefined) => void = () => {},
): AsyncGenerator<Buffer | undefined> {
	const chunks = stream[Symbol.asyncIterator]();
	try {
		let head: Buffer = Buffer.alloc(0);
		while (head.length < headBytes) {
			const {value, done} = await chunks.next();
			if (done) break;
			head = Buffer.concat([head, value]);
		}
		// Where the first bytes are damaged the name still tells.
		const compression = compressionFound(head) ?? (head[0] === brace ? undefined : compressionNamed(file));
		assertKnown(compression, file);
		found(compression);
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
