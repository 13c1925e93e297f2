import {csvStart, parseCsv} from './csv.ts';
import {type LogEntry, type LogFormat, unknownEntry} from './entry.ts';
import {parseJson} from './json.ts';
import {createPrefix, type PrefixedLine} from './prefix.ts';
import {createRecords, textOfRecord} from './records.ts';

/**
 * Layout of a log: its format, log_line_prefix and log_timezone. `isWhole` says that the bytes begin with a record; otherwise all up to
 * the first start of one is passed over.
 */
export type LogLayout = {
	readonly format: LogFormat;
	readonly prefix: string;
	readonly zone: string;
	readonly isWhole: boolean;
};

/** Parser of one log file, fed with its bytes in any pieces. */
export type LogParser = {
	/** Takes the next bytes; returns the entries that they complete. */
	readonly push: (bytes: Uint8Array) => readonly LogEntry[];
	/** Entry whose end is not known yet: in the format stderr another line may follow it. */
	readonly pending: () => LogEntry | undefined;
};

/** Creates a parser for a layout. */
export const createLogParser = (layout: LogLayout): LogParser => {
	switch (layout.format) {
		case 'jsonlog':
			return jsonParser(layout);
		case 'csvlog':
			return csvParser(layout);
		case 'stderr':
			return stderrParser(layout);
		default:
			return layout.format satisfies never;
	}
};

const jsonParser = ({zone}: LogLayout): LogParser => {
	const records = createRecords(false);
	return {
		push: bytes => records.push(bytes).flatMap(record => parseJson(textOfRecord(record), zone) ?? []),
		pending: () => undefined,
	};
};

// Latin-1 has a character for each byte, so that places in the text are places in the bytes.
const latin = new TextDecoder('latin1');
// A time, its zone and a comma: as far as the start of a record is recognized.
const startBytes = 48;

const csvParser = ({zone, isWhole}: LogLayout): LogParser => {
	let records = isWhole ? createRecords(true) : undefined;
	let skipped = new Uint8Array();

	/** Entries of a record; of one that begins inside a quoted text, those behind the next start of a record. */
	const entriesOf = (record: Uint8Array): readonly LogEntry[] => {
		const entry = parseCsv(textOfRecord(record), zone);
		if (entry) return [entry];
		const start = csvStart.exec(latin.decode(record));
		if (!start) return [];
		// Quotes were counted from the wrong side: from here on they are counted again.
		records = createRecords(true);
		return [record.subarray(start.index + 1), Uint8Array.of(0x0a)].flatMap(take);
	};

	const take = (bytes: Uint8Array): readonly LogEntry[] => {
		const found: LogEntry[] = [];
		for (let at = 0; at < bytes.length; ) {
			// One line after the other: a record that is not one changes how the rest is read.
			const line = bytes.indexOf(0x0a, at);
			const end = line < 0 ? bytes.length : line + 1;
			for (const record of records?.push(bytes.subarray(at, end)) ?? []) found.push(...entriesOf(record));
			at = end;
		}
		return found;
	};

	/** Looks for the first record in what was passed over. */
	const begin = (bytes: Uint8Array): readonly LogEntry[] => {
		const all = new Uint8Array(skipped.length + bytes.length);
		all.set(skipped);
		all.set(bytes, skipped.length);
		const start = csvStart.exec(latin.decode(all));
		if (!start) {
			skipped = all.slice(-startBytes);
			return [];
		}
		records = createRecords(true);
		return take(all.subarray(start.index + 1));
	};

	return {push: bytes => (records ? take(bytes) : begin(bytes)), pending: () => undefined};
};

/** Fields of an entry by the labels of their lines. */
const parts = {
	DETAIL: 'detail',
	HINT: 'hint',
	CONTEXT: 'context',
	STATEMENT: 'statement',
	QUERY: null,
	LOCATION: null,
	BACKTRACE: null,
} as const;

type PartLabel = keyof typeof parts;

const isPart = (label: string): label is PartLabel => Object.hasOwn(parts, label);

// Where in the statement the error is; the other formats have it in a field of its own.
const cursorPosition = / at character \d+$/;

type TextField = 'message' | 'detail' | 'hint' | 'context' | 'statement';

/**
 * An entry whose lines are still being read, and the field that a continuation line belongs to. Lines are joined once, when the
 * entry ends: a statement may have many.
 */
type OpenLines = {
	readonly entry: LogEntry;
	readonly lines: Partial<Record<TextField, string[]>>;
	field: TextField | null;
};

const closed = ({entry, lines}: OpenLines): LogEntry => ({
	...entry,
	...Object.fromEntries(Object.entries(lines).map(([field, texts]) => [field, texts.join('\n')])),
});

const stderrParser = ({prefix, zone, isWhole}: LogLayout): LogParser => {
	const records = createRecords(false);
	const read = createPrefix(prefix, zone);
	let open: OpenLines | undefined;
	let hasBegun = isWhole;
	let isFirst = !isWhole;

	const close = (): readonly LogEntry[] => {
		const done = open ? [closed(open)] : [];
		open = undefined;
		return done;
	};

	const begin = (entry: LogEntry, text: string): readonly LogEntry[] => {
		const done = close();
		open = {entry, field: 'message', lines: {message: [text]}};
		return done;
	};

	const addPart = (current: OpenLines, label: PartLabel, text: string): void => {
		current.field = parts[label];
		if (current.field !== null) current.lines[current.field] = [text];
	};

	const takeLine = (line: string): readonly LogEntry[] => {
		if (line.startsWith('\t')) {
			if (open && open.field !== null) open.lines[open.field]?.push(line.slice(1));
			return [];
		}
		const found = read(line);
		if (!found) return hasBegun && line !== '' ? begin(unknownEntry, line) : [];
		return takeLabelled(found);
	};

	const takeLabelled = ({entry, label, text}: PrefixedLine): readonly LogEntry[] => {
		if (!isPart(label)) {
			hasBegun = true;
			return begin({...unknownEntry, ...entry, severity: label}, text.replace(cursorPosition, ''));
		}
		if (open && (open.entry.pid === (entry.pid ?? null) || open.entry.pid === null)) addPart(open, label, text);
		return [];
	};

	return {
		push: bytes =>
			records.push(bytes).flatMap(record => {
				// The end of a line, which may look like a whole one.
				const isCut = isFirst;
				isFirst = false;
				return isCut ? [] : takeLine(textOfRecord(record));
			}),
		pending: () => open && closed(open),
	};
};
