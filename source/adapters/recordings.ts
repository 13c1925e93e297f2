import {createReadStream} from 'node:fs';
import {createInterface} from 'node:readline';
import {UserError} from '../core/errors.ts';
import {createDecoder, type Header} from '../core/recording.ts';
import type {Sample} from '../core/sample.ts';

/** A recording that was opened for reading. */
export type Recording = {
	/** Its first header; undefined where that is damaged. */
	readonly header: Header | undefined;
	/** Its samples in order, read as they are asked for; each iteration begins anew. Throws a UserError where a later format begins. */
	readonly samples: AsyncIterable<Sample>;
	/** How many lines the newest iteration could not read by now. */
	readonly damaged: () => number;
};

/**
 * Opens a recording. Throws a UserError where it cannot be read, is of another format version, or holds no sample.
 */
export const openRecording = async (file: string): Promise<Recording> => {
	let damaged = 0;
	let header: Header | undefined;
	async function* read(): AsyncGenerator<Sample> {
		damaged = 0;
		const decode = createDecoder();
		for await (const line of createInterface({input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY})) {
			if (line === '') continue;
			const decoded = decode(line);
			if (decoded.skipped) damaged++;
			header ??= decoded.header;
			if (decoded.sample) yield decoded.sample;
		}
	}
	const first = await firstOf(read(), file);
	if (!first) throw new UserError(`${file} holds no sample.`, {hint: 'Is it a recording of pgtriage?', exitCode: 1});
	return {header, samples: {[Symbol.asyncIterator]: read}, damaged: () => damaged};
};

const firstOf = async (samples: AsyncGenerator<Sample>, file: string): Promise<Sample | undefined> => {
	try {
		for await (const sample of samples) return sample;
		return undefined;
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${file} cannot be read.`, {hint: 'Check its name and its rights.', exitCode: 1});
	}
};
