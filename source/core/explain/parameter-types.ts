import type {Failure} from '../sample/sample.ts';
import {highestParameter, parameterPairs} from './planned-text.ts';

/** Types of the parameters of a query, found by asking the server again with one more type. */
export type ParameterTypes = {
	/** Types to declare; the server finds those that are `unknown`, and those beyond the list. */
	readonly list: () => readonly string[];
	/** Takes the next guess after a failure; false if there is none. */
	readonly next: (failure: Failure) => boolean;
	/** True before the first guess. */
	readonly isUntouched: () => boolean;
	/** The guesses in a sentence. */
	readonly notes: () => readonly string[];
};

// Ours alone, of pg_catalog: a type named by a statement's author would have to be looked up. Wider types first: an int column
// compares with an int8 by its index, a timestamp with a timestamptz.
const guesses = [
	'text',
	'int8',
	'timestamptz',
	'uuid',
	'bool',
	'numeric',
	'date',
	'float8',
	'jsonb',
	'text[]',
	'int8[]',
	'interval',
	'inet',
	'bytea',
];

// The server names the parameter: "could not determine data type of parameter $1", "inconsistent types deduced for parameter $1".
const untyped = new Set(['42P18', '42P08']);
// A guess does not fit: no operator, no cast, another type wanted.
const unfit = new Set(['42883', '42804', '42846', '42725', '42809']);

/** Guesses for the parameters of a query, whose text declares the first of them. */
export const parameterTypes = (query: string, declared: readonly string[]): ParameterTypes => {
	const types = [...declared];
	const count = highestParameter(query);
	const guessed = new Map<number, string>();
	// "operator is not unique: unknown + unknown" names no parameter: the second of each pair, as a number first.
	const pairs = parameterPairs(query);
	const numbers = ['int8', ...guesses.filter(type => type !== 'int8')];
	let current: {readonly parameter: number; readonly order: readonly string[]; index: number} | undefined;

	const guess = (): boolean => {
		const type = current?.order[current.index];
		if (!current || type === undefined) return false;
		while (types.length < current.parameter) types.push('unknown');
		types[current.parameter - 1] = `pg_catalog.${type}`;
		guessed.set(current.parameter, type);
		return true;
	};

	return {
		list: () => types,
		next: ({code, message}) => {
			const named = untyped.has(code) ? Number(/\$(\d{1,5})/.exec(message)?.[1] ?? 0) : 0;
			if (named > count) return false;
			const pair = code === '42725' ? pairs.find(parameter => !guessed.has(parameter)) : undefined;
			if (named > 0 && !guessed.has(named)) current = {parameter: named, order: guesses, index: 0};
			else if (pair !== undefined) current = {parameter: pair, order: numbers, index: 0};
			else if (current && (named === current.parameter || unfit.has(code))) current.index += 1;
			else return false;
			return guess();
		},
		isUntouched: () => guessed.size === 0,
		notes: () =>
			guessed.size === 0
				? []
				: [
						`Types assumed: ${[...guessed]
							.toSorted(([a], [b]) => a - b)
							.map(([parameter, type]) => `$${parameter} ${type}`)
							.join(', ')}.`,
					],
	};
};
