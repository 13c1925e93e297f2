import type {Cell, Key} from '../core/state/key.ts';
import {mouseOf} from './mouse.ts';
import {nameOfCharacter, nameOfCsi, nameOfSs3} from './sequences.ts';

/** A parser of terminal input into keys. */
export type KeyParser = {
	/** The keys that these bytes complete; `at` is the monotonic time of the read in milliseconds. */
	readonly feed: (bytes: Uint8Array, at: number) => readonly Key[];
	/** The keys that silence completes, stamped with their read: a lone ESC after `quietMs`, the rest of a broken sequence much later. */
	readonly flush: (at: number) => readonly Key[];
	/** True while input is incomplete, so that `flush` must be called again. */
	readonly pending: () => boolean;
};

/** Milliseconds of silence after which an ESC is the Esc key. */
export const quietMs = 40;

// A sequence whose end a slow link delays must not turn into keys ("ESC [", then "K"); a broken one must not block for good.
const brokenMs = 500;
const brokenPasteMs = 2000;
const longestPaste = 1024 * 1024;
const longestSequence = 4096;

const esc = '\x1b';
const pasteStart = '[200~';
const pasteEnd = '\x1b[201~';
const rxvtShift = /^\[\d+\$/;
const csi = /^\[(?:\[(?:[A-E]|\d~)|M[\s\S]{3}|[0-?]*[ -/]*[@-~])/;
const csiStart = /^\[(?:\[\d?|M[\s\S]{0,2}|[0-?]*[ -/]*)$/;
const ss3 = /^O(\d*)([A-Za-z])/;
const ss3Start = /^O\d*$/;
// OSC, DCS and APC as terminals reply with them; before any other text these letters are keys typed with Alt.
const stringStart = /^(?:\](?:$|\d)|P(?:$|[\d>!])|_(?:$|G))/;
const stringEnd = /\x07|\x1b\\|\x9c/;
const lateTail = /^(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])$/;

type Token = {readonly length: number; readonly name?: string | undefined; readonly cell?: Cell | undefined};

/** The token after an ESC, or undefined while it is incomplete. */
const sequenceAt = (text: string): Token | undefined => {
	if (stringStart.test(text)) {
		const end = stringEnd.exec(text);
		return end === null ? undefined : {length: end.index + end[0].length};
	}
	if (text.startsWith('[')) {
		const shifted = rxvtShift.exec(text);
		if (shifted === null && csiStart.test(text)) return undefined;
		const body = (shifted ?? csi.exec(text))?.[0];
		// Broken off by a control or another ESC: this part is dropped, the rest is parsed on its own.
		if (body === undefined) return {length: /^\[[ -?]*/.exec(text)?.[0].length ?? 1};
		return {length: body.length, name: nameOfCsi(body.slice(1)), ...mouseOf(body.slice(1))};
	}
	if (text.startsWith('O')) {
		if (ss3Start.test(text)) return undefined;
		const parts = ss3.exec(text);
		if (parts !== null) return {length: parts[0].length, name: nameOfSs3(parts[1] ?? '', parts[2] ?? '')};
	}
	if (text === '') return undefined;
	const character = String.fromCodePoint(text.codePointAt(0) ?? 0);
	const name = nameOfCharacter(character);
	return {length: character.length, name: name === undefined ? undefined : `alt-${name}`};
};

const tokenAt = (text: string): Token | undefined => {
	if (!text.startsWith(esc)) {
		const character = String.fromCodePoint(text.codePointAt(0) ?? 0);
		return {length: character.length, name: nameOfCharacter(character)};
	}
	// Ctrl-C works after Esc too, and is not Alt-Ctrl-C.
	if (text.startsWith(`${esc}\x03`)) return {length: 1, name: 'esc'};
	if (!text.startsWith(esc + esc)) {
		const token = sequenceAt(text.slice(1));
		return token && {...token, length: token.length + 1};
	}
	// rxvt and PuTTY send Alt with an arrow as ESC before its sequence; any other ESC ESC is the Esc key before another token.
	const after = text.slice(2);
	if (after === '') return undefined;
	if (!/^[[O]/.test(after)) return {length: 1, name: 'esc'};
	const token = sequenceAt(after);
	return token && {length: token.length + 2, name: token.name && `alt-${token.name}`};
};

const textOf = (name: string): string => {
	if (name === 'space') return ' ';
	return [...name].length === 1 ? name : '';
};

type Parsed = Pick<Key, 'name' | 'text' | 'cell'>;

const parsedOf = (name: string, cell: Cell | undefined): Parsed => ({name, text: cell ? '' : textOf(name), ...(cell && {cell})});

const leftover = (text: string): readonly string[] => {
	if (text === esc) return ['esc'];
	if (text === esc + esc) return ['esc', 'esc'];
	return text.length === 2 ? [`alt-${text.slice(1)}`] : [];
};

/** A parser of keys, among them those of a mouse if there is one: a pure state machine over reads and their times. */
export const createKeyParser = (hasMouse = false): KeyParser => {
	const decoder = new TextDecoder();
	let waiting = '';
	let pasted: string | undefined;
	let lastRead = 0;
	let escAt = Number.NEGATIVE_INFINITY;
	// The read in which the waiting sequence began held other tokens.
	let crowded = false;

	const takePaste = (): Key['text'] | undefined => {
		const end = waiting.indexOf(pasteEnd);
		const kept = end < 0 ? Math.max(0, waiting.length - pasteEnd.length + 1) : end;
		pasted = ((pasted ?? '') + waiting.slice(0, kept)).slice(0, longestPaste);
		waiting = waiting.slice(end < 0 ? kept : end + pasteEnd.length);
		if (end < 0) return undefined;
		const text = pasted.replace(/\r\n?/g, '\n');
		pasted = undefined;
		return text;
	};

	const feed = (bytes: Uint8Array, at: number): readonly Key[] => {
		const input = decoder.decode(bytes, {stream: true});
		if (input === '') return [];
		const late = waiting === '' && pasted === undefined && at - escAt < brokenMs && lateTail.test(input);
		waiting = late ? esc + input : waiting + input;
		lastRead = at;
		escAt = Number.NEGATIVE_INFINITY;
		const parsed: Parsed[] = [];
		let tokens = crowded || late ? 1 : 0;
		while (waiting !== '') {
			if (pasted !== undefined) {
				const text = takePaste();
				if (text === undefined) break;
				parsed.push({name: 'paste', text});
				tokens++;
				continue;
			}
			if (waiting.startsWith(esc + pasteStart)) {
				waiting = waiting.slice(pasteStart.length + 1);
				pasted = '';
				continue;
			}
			const token = tokenAt(waiting);
			if (token === undefined) {
				if (waiting.length > longestSequence) waiting = waiting.slice(0, 2);
				break;
			}
			waiting = waiting.slice(token.length);
			tokens++;
			if (token.name !== undefined && (hasMouse || !token.cell)) parsed.push(parsedOf(token.name, token.cell));
		}
		const incomplete = waiting !== '' || pasted !== undefined;
		crowded = incomplete && tokens > 0;
		const alone = tokens === 1 && !incomplete;
		return parsed.map(key => ({...key, at, alone}));
	};

	const flush = (at: number): readonly Key[] => {
		const quiet = at - lastRead;
		if (pasted !== undefined) {
			if (quiet < brokenPasteMs) return [];
			const text = (pasted + waiting).replace(/\r\n?/g, '\n');
			pasted = undefined;
			waiting = '';
			crowded = false;
			return [{name: 'paste', text, at: lastRead, alone: false}];
		}
		const lone = /^\x1b+$/.test(waiting);
		if (waiting === '' || quiet < (lone ? quietMs : brokenMs)) return [];
		const names = leftover(waiting);
		const alone = names.length === 1 && !crowded;
		if (lone) escAt = at;
		waiting = '';
		crowded = false;
		return names.map(name => ({name, text: '', at: lastRead, alone}));
	};

	return {feed, flush, pending: () => waiting !== '' || pasted !== undefined};
};
