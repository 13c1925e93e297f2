import {decodeRows, type EncodedRows, encodeRows} from '../recording/rows.ts';
import type {Result, Row, Sample} from '../sample/sample.ts';
import {answerBytes} from './footprint.ts';

/** Compresses old answers into buffers outside the heap, and reads them back. */
export type HistoryCodec = {
	readonly serialize: (value: unknown) => Uint8Array;
	readonly deserialize: (bytes: Uint8Array) => unknown;
	readonly compress: (parts: readonly Uint8Array[]) => Uint8Array;
	readonly decompress: (bytes: Uint8Array) => readonly Uint8Array[];
	/** Called before a sample is compressed, to compute what is looked up far back, such as its load. */
	readonly prepare: (sample: Sample) => void;
};

type Read = Extract<Result, {ok: true}>;

/**
 * Successive answers to one query, and what came after the last of them. `parts` are the rows of the first ones in bytes: those of the
 * first answer, and the changes of each other one.
 */
type Run = {readonly answers: readonly Read[]; readonly next: Result | undefined; readonly parts: readonly Uint8Array[]};

/** Successive samples that are compressed together: their number, and the answers that later samples do not have, by query. */
export type Segment = {readonly samples: number; readonly runs: ReadonlyMap<string, Run>};

export const emptySegment: Segment = {samples: 0, runs: new Map()};

const group = Symbol('group');
const place = Symbol('place');

/** The compressed rows of a run. */
type Group = {readonly bytes: Uint8Array; readonly codec: HistoryCodec};

/** An answer whose rows are decompressed when they are read. JSON leaves out its symbols. */
type CompressedAnswer = Read & {readonly [group]: Group; readonly [place]: number};

const isCompressed = (result: Result): result is CompressedAnswer => group in result;

// Rules read short lists, such as standbys and slots, in every sample back to the start of a problem.
const leastRows = 16;

/** True for a long answer that the next sample no longer has. */
export const isCompressible = (result: Result, next: Result | undefined): result is Read =>
	result !== next && result.ok && !isCompressed(result) && result.rows.length >= leastRows;

/** Adds a sample to a segment. */
export const withSample = (segment: Segment, sample: Sample, next: Sample, codec: HistoryCodec): Segment => {
	const runs = new Map(segment.runs);
	const samples = segment.samples + 1;
	for (const [name, result] of Object.entries(sample.results)) {
		const later = next.results[name];
		if (!isCompressible(result, later)) continue;
		const {answers, parts} = runs.get(name) ?? {answers: [], parts: []};
		const run = {answers: [...answers, result], next: later, parts};
		// A query that is answered in most samples is always worth it, and serializing one answer at a time delays no key.
		runs.set(name, samples > 1 && run.answers.length > samples / 2 ? serialized(run, codec) : run);
	}
	return {samples, runs};
};

/** A run with the rows of all its answers in bytes. */
const serialized = (run: Run, {serialize}: HistoryCodec): Run => {
	const {answers} = run;
	const parts = [...run.parts];
	for (let index = parts.length; index < answers.length; index++)
		parts.push(serialize(encodeRows(answers[index]?.rows ?? [], answers[index - 1]?.rows ?? [])));
	return {...run, parts};
};

/** Bytes that only the answers of a run take. */
const ownBytes = ({answers, next}: Run): number =>
	answers.reduce((sum, answer, index) => sum + answerBytes(answer, answers[index + 1] ?? next), 0);

// A compressed row takes about this much.
const leastRowBytes = 50;

/**
 * A compressed segment: its bytes, and by query, the compressed answers by the ones they replace. Infrequent answers that share most
 * rows with the next ones are kept uncompressed, which takes less.
 */
export type CompressedSegment = {readonly bytes: number; readonly answers: ReadonlyMap<string, ReadonlyMap<Result, Result>>};

/** Compresses the rows of a segment. */
export const compressSegment = ({runs}: Segment, codec: HistoryCodec): CompressedSegment => {
	let bytes = 0;
	const answers = new Map<string, ReadonlyMap<Result, Result>>();
	for (const [name, run] of runs) {
		const own = run.parts.length > 0 ? undefined : ownBytes(run);
		if (own !== undefined && own < leastRowBytes * run.answers.reduce((sum, {rows}) => sum + rows.length, 0)) {
			bytes += own;
			continue;
		}
		const of: Group = {bytes: codec.compress(serialized(run, codec).parts), codec};
		bytes += of.bytes.length + run.answers.length * compressedAnswerBytes;
		answers.set(name, new Map(run.answers.map((answer, index) => [answer, compressedAnswer(answer, of, index)])));
	}
	return {bytes, answers};
};

// Its fields and its time.
const compressedAnswerBytes = 160;

// Shared by all compressed answers: a getter of its own would take 500 bytes in each.
const readsRows: object = Object.defineProperty({}, 'rows', {
	get(this: CompressedAnswer): readonly Row[] {
		return rowsAt(this[group], this[place]);
	},
});

const compressedAnswer = ({rows: _, ...answer}: Read, of: Group, index: number): Result =>
	Object.setPrototypeOf({...answer, [group]: of, [place]: index}, readsRows);

/** Decompressed rows of a group: of its answers up to the last one that was read. */
type Decompressed = {readonly parts: readonly Uint8Array[]; readonly rows: (readonly Row[])[]};

// A rewound screen reads the same samples again and again. Rows that were not read while two segments were compressed are dropped.
let recent = new Map<Group, Decompressed>();
let older: ReadonlyMap<Group, Decompressed> = recent;
const mostRows = 30_000;

/** Forgets decompressed rows that were not read since this was last called. */
export const forgetUnread = (): void => {
	older = recent;
	recent = new Map();
};

/** Rows of an answer of a group; those of the answers before it are needed to make them. */
const rowsAt = (of: Group, index: number): readonly Row[] => {
	const known = recent.get(of)?.rows[index];
	if (known) return known;
	const {deserialize, decompress} = of.codec;
	const decompressed = recent.get(of) ?? older.get(of) ?? {parts: decompress(of.bytes), rows: []};
	const {parts, rows} = decompressed;
	while (rows.length <= index) {
		const next = decodeRows(deserialize(parts[rows.length] as Uint8Array) as EncodedRows, rows.at(-1) ?? []);
		if (!next) throw new Error('Compressed rows cannot be read.');
		rows.push(next);
	}
	recent.set(of, decompressed);
	if (countRows(recent) > mostRows) forgetUnread();
	return rows[index] as readonly Row[];
};

const countRows = (decompressed: ReadonlyMap<Group, Decompressed>): number => {
	let count = 0;
	for (const {rows} of decompressed.values()) count += rows[0]?.length ?? 0;
	return count;
};
