import {decodeRows, type EncodedRows, encodeRows} from '../recording/rows.ts';
import type {Result, Row, Sample} from '../sample/sample.ts';
import {answerBytes} from './footprint.ts';

/** How answers that are no longer new are kept: in few bytes outside the heap. */
export type Packing = {
	readonly serialize: (value: unknown) => Uint8Array;
	readonly deserialize: (bytes: Uint8Array) => unknown;
	readonly compress: (parts: readonly Uint8Array[]) => Uint8Array;
	readonly decompress: (bytes: Uint8Array) => readonly Uint8Array[];
	/** Takes what is looked up far back from a sample, such as its load, before its rows have to be unpacked for it. */
	readonly prepare: (sample: Sample) => void;
};

type Read = Extract<Result, {ok: true}>;

/**
 * Successive answers to one query, and what came after the last of them. `parts` are the rows of the first ones in bytes: those of the
 * first answer, and the changes of each other one.
 */
type Run = {readonly answers: readonly Read[]; readonly next: Result | undefined; readonly parts: readonly Uint8Array[]};

/** Successive samples whose answers are being packed, and the runs of those that later samples do not have, by query. */
export type Parcel = {readonly samples: number; readonly runs: ReadonlyMap<string, Run>};

export const emptyParcel: Parcel = {samples: 0, runs: new Map()};

const group = Symbol('group');
const place = Symbol('place');

/** The packed rows of a run. */
type Group = {readonly bytes: Uint8Array; readonly packing: Packing};

/** An answer whose rows are unpacked when they are read. Its symbols are in no JSON. */
type PackedAnswer = Read & {readonly [group]: Group; readonly [place]: number};

const isPacked = (result: Result): result is PackedAnswer => group in result;

// Rules read lists of a few rows, such as standbys and slots, in every sample back to when something began.
const leastRows = 16;

/** True for an answer to pack: a long one that the next sample no longer has. */
export const isForParcel = (result: Result, next: Result | undefined): result is Read =>
	result !== next && result.ok && !isPacked(result) && result.rows.length >= leastRows;

/** Adds a sample to a parcel. */
export const withSample = (parcel: Parcel, sample: Sample, next: Sample, packing: Packing): Parcel => {
	const runs = new Map(parcel.runs);
	const samples = parcel.samples + 1;
	for (const [name, result] of Object.entries(sample.results)) {
		const later = next.results[name];
		if (!isForParcel(result, later)) continue;
		const {answers, parts} = runs.get(name) ?? {answers: [], parts: []};
		const run = {answers: [...answers, result], next: later, parts};
		// Answers that most samples have are packed in any case: a little with each sample delays no key.
		runs.set(name, samples > 1 && run.answers.length > samples / 2 ? serialized(run, packing) : run);
	}
	return {samples, runs};
};

/** A run with the rows of all its answers in bytes. */
const serialized = (run: Run, {serialize}: Packing): Run => {
	const {answers} = run;
	const parts = [...run.parts];
	for (let index = parts.length; index < answers.length; index++)
		parts.push(serialize(encodeRows(answers[index]?.rows ?? [], answers[index - 1]?.rows ?? [])));
	return {...run, parts};
};

/** Bytes that only the answers of a run take. */
const ownBytes = ({answers, next}: Run): number =>
	answers.reduce((sum, answer, index) => sum + answerBytes(answer, answers[index + 1] ?? next), 0);

// Packed, a row takes about as much.
const leastRowBytes = 50;

/**
 * A parcel that is packed: the bytes it takes, and by query, the answers that stand for the ones before. Rare answers that share most of
 * their rows with the next ones stay as they are, which takes less.
 */
export type Packed = {readonly bytes: number; readonly answers: ReadonlyMap<string, ReadonlyMap<Result, Result>>};

/** Packs the rows of a parcel. */
export const packed = ({runs}: Parcel, packing: Packing): Packed => {
	let bytes = 0;
	const answers = new Map<string, ReadonlyMap<Result, Result>>();
	for (const [name, run] of runs) {
		const own = run.parts.length > 0 ? undefined : ownBytes(run);
		if (own !== undefined && own < leastRowBytes * run.answers.reduce((sum, {rows}) => sum + rows.length, 0)) {
			bytes += own;
			continue;
		}
		const of: Group = {bytes: packing.compress(serialized(run, packing).parts), packing};
		bytes += of.bytes.length + run.answers.length * packedAnswerBytes;
		answers.set(name, new Map(run.answers.map((answer, index) => [answer, packedAnswer(answer, of, index)])));
	}
	return {bytes, answers};
};

// Its fields and its time.
const packedAnswerBytes = 160;

// Shared by all packed answers: a getter of its own would take 500 bytes in each.
const readsRows: object = Object.defineProperty({}, 'rows', {
	get(this: PackedAnswer): readonly Row[] {
		return rowsAt(this[group], this[place]);
	},
});

const packedAnswer = ({rows: _, ...answer}: Read, of: Group, index: number): Result =>
	Object.setPrototypeOf({...answer, [group]: of, [place]: index}, readsRows);

/** Unpacked rows of a group: of its answers up to the last one that was read. */
type Unpacked = {readonly parts: readonly Uint8Array[]; readonly rows: (readonly Row[])[]};

// A screen of the past, and what rules compare it with, are read again and again. What was not read since the last but one parcel was
// packed is forgotten.
let recent = new Map<Group, Unpacked>();
let older: ReadonlyMap<Group, Unpacked> = recent;
const mostRows = 30_000;

/** Forgets unpacked rows that were not read since this was last called. */
export const forgetUnread = (): void => {
	older = recent;
	recent = new Map();
};

/** Rows of an answer of a group; those of the answers before it are needed to make them. */
const rowsAt = (of: Group, index: number): readonly Row[] => {
	const known = recent.get(of)?.rows[index];
	if (known) return known;
	const {deserialize, decompress} = of.packing;
	const unpacked = recent.get(of) ?? older.get(of) ?? {parts: decompress(of.bytes), rows: []};
	const {parts, rows} = unpacked;
	while (rows.length <= index) {
		const next = decodeRows(deserialize(parts[rows.length] as Uint8Array) as EncodedRows, rows.at(-1) ?? []);
		if (!next) throw new Error('Packed rows cannot be unpacked.');
		rows.push(next);
	}
	recent.set(of, unpacked);
	if (countRows(recent) > mostRows) forgetUnread();
	return rows[index] as readonly Row[];
};

const countRows = (unpacked: ReadonlyMap<Group, Unpacked>): number => {
	let count = 0;
	for (const {rows} of unpacked.values()) count += rows[0]?.length ?? 0;
	return count;
};
