import type {Row, Sample, Value} from '../sample/sample.ts';
import type {Tone} from '../text/line.ts';
import type {Instant} from '../values/instant.ts';
import {bytes, duration, percent, shortCount} from '../values/units.ts';

/** Kind of values of a column, by which they are compared, formatted and filtered. */
export type Kind = 'text' | 'number' | 'seconds' | 'bytes' | 'ratio' | 'flag' | 'instant' | 'pids';

/**
 * A column, declared once: `id` is the JSON field and the name in filters, the title is for the screen. Narrow screens drop columns
 * by `keep`, lowest first; a column of 0 is only reached by scrolling.
 */
export type Column<R = Row> = {
	readonly id: string;
	readonly title: string;
	/** Title if the column is too narrow for its own. */
	readonly brief: string;
	readonly help: string;
	readonly kind: Kind;
	readonly aliases: readonly string[];
	readonly value: (row: R, now: Instant) => Value;
	/** Text on the screen; of an unknown value empty, or a dash where every row should have one. */
	readonly format: (value: Value, row: R) => string;
	readonly tone: (value: Value, row: R) => Tone;
	readonly align: 'left' | 'right';
	readonly width: Width;
	readonly keep: number;
	/** Name of the columns that become one while they show the same on every row; undefined if it never merges. */
	readonly merge: string | undefined;
	/** True if it keeps its room while it is empty or 0 on every row: the zero is the answer. */
	readonly stays: boolean;
	/** Values of its parts by name: filters name one as `tag.NAME`, JSON has an object of them. */
	readonly parts: ((row: R) => ReadonlyMap<string, string>) | undefined;
	/** True if the column is on the screen at all: it is left out if no sample can have a value. */
	readonly present: (sample: Sample) => boolean;
};

/** Room of a column in cells. */
export type Width = {
	/** Width it has at least if its contents need it. */
	readonly min: number;
	readonly max: number;
	/** True if it takes the cells left over. */
	readonly grow: boolean;
	/** True if it is as wide as its contents; else as wide as declared, so that changing figures never move a column. */
	readonly fits: boolean;
	/** Part of the screen that it has at least, from 120 columns on. */
	readonly share: number;
};

type Options<R> = {
	readonly title?: string;
	readonly aliases?: readonly string[];
	readonly keep?: number;
	readonly brief?: string;
	readonly merge?: string;
	readonly stays?: boolean;
	readonly width?: Partial<Width> & {readonly min: number};
	readonly tone?: (value: Value, row: R) => Tone;
	/** Text of a known value on the screen, if not that of its kind. */
	readonly format?: (value: Value, row: R) => string;
	/** Text of an unknown value on the screen; empty by default. */
	readonly unknown?: string | ((row: R) => string);
	readonly align?: 'left' | 'right';
	readonly parts?: (row: R) => ReadonlyMap<string, string>;
	readonly present?: (sample: Sample) => boolean;
};

const calm = (): Tone => 'calm';
const always = (): boolean => true;

const column =
	(kind: Kind, align: 'left' | 'right', cells: Width, format: (value: Value) => string) =>
	<R>(id: string, help: string, value: (row: R, now: Instant) => Value, options: Options<R> = {}): Column<R> => ({
		id,
		...titlesOf(id, options),
		help,
		kind,
		aliases: options.aliases ?? [],
		value,
		format: (shown, row) => (shown === null ? unknownText(options, row) : (options.format ?? format)(shown, row)),
		tone: options.tone ?? calm,
		align: options.align ?? align,
		width: options.width ? {...cells, grow: false, ...options.width, max: options.width.max ?? options.width.min} : cells,
		keep: options.keep ?? 0,
		merge: options.merge,
		stays: options.stays ?? false,
		parts: options.parts,
		present: options.present ?? always,
	});

const unknownText = <R>({unknown = ''}: Options<R>, row: R): string => (typeof unknown === 'string' ? unknown : unknown(row));

const titlesOf = (id: string, {title, brief}: Options<never>): Pick<Column, 'title' | 'brief'> => {
	const whole = title ?? id.replace(/_(seconds|bytes)$/, '').toUpperCase();
	return {title: whole, brief: brief ?? whole};
};

const fixed = (width: number): Width => ({min: width, max: width, grow: false, fits: false, share: 0});
const fitting = (min: number, max: number): Width => ({...fixed(min), max, fits: true});

/** Column of server text. */
export const text = column('text', 'left', fitting(10, 16), String);
/** Column of integers, written in full. */
export const count = column('number', 'right', fixed(6), String);
/** Column of durations in seconds. */
export const age = column('seconds', 'right', fixed(6), value => duration(Number(value)));
/** Column of large counts, abbreviated: `1.2k`. */
export const amount = column('number', 'right', fixed(6), value => shortCount(Number(value)));
/** Column of sizes in bytes. */
export const size = column('bytes', 'right', fixed(7), value => bytes(Number(value)));
/** Column of bytes per second. */
export const pace = column('bytes', 'right', fixed(9), value => `${bytes(Number(value))}/s`);
/** Column of fractions, shown as percentages. */
export const ratio = column('ratio', 'right', fixed(6), value => percent(Number(value)));
/** Column of yes or no. */
export const flag = column('flag', 'left', fixed(4), value => (value === true ? 'yes' : ''));
/** Column of timestamps, shown as the server's time of day. */
export const instant = column('instant', 'left', fixed(8), value => String(value).slice(11, 19));
/** Column of lists of pids. */
export const pids = column('pids', 'left', fitting(8, 14), value => (Array.isArray(value) ? value.join(',') : String(value)));

/** Tone by thresholds: `above(60, 600)` warns from 60 and is danger from 600. */
export const above =
	(warn: number, danger: number) =>
	(value: Value): Tone =>
		typeof value !== 'number' || value < warn ? 'calm' : value < danger ? 'warn' : 'danger';

/** Compares two values of a column; unknown is the least, so that it is last if the largest come first. */
export const compareValues = (a: Value, b: Value): number => {
	if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
	if (typeof a === 'number' && typeof b === 'number') return a - b;
	if (Array.isArray(a) && Array.isArray(b)) return a.length - b.length;
	return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
};

/** A value for JSON: integers beyond 2^53 as text, durations rounded to microseconds. */
export const jsonValue = (kind: Kind, value: Value): Value =>
	typeof value === 'number' && kind === 'bytes' && Math.abs(value) > Number.MAX_SAFE_INTEGER ? String(BigInt(value)) : value;
