import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type LogEntry, type LogFormat, safeEntry, unknownEntry} from '../../../source/core/serverlog/entry.ts';
import {createLogParser, type LogLayout} from '../../../source/core/serverlog/parser.ts';

const prefix = '%m [%p] %q%e %u@%d/%a ';
const layout = (format: LogFormat, isWhole = true): LogLayout => ({format, prefix, zone: 'UTC', isWhole});

const parse = (bytes: Uint8Array, cuts: readonly number[], of: LogLayout): readonly LogEntry[] => {
	const parser = createLogParser(of);
	const places = [0, ...[...cuts].map(cut => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
	const entries = places.slice(1).flatMap((end, index) => parser.push(bytes.slice(places[index], end)));
	const last = parser.pending();
	return last ? [...entries, last] : entries;
};

type Written = {
	readonly message: string;
	readonly detail: string | null;
	readonly statement: string | null;
	readonly app: string;
};

const hostile = fc
	.array(fc.constantFrom('"', ',', '\n', '\t', "'", '\\', 'ä', '🐘', 'x', ' ', 'DETAIL:  ', '2026-01-01 00:00:00.000 UTC,'), {
		maxLength: 12,
	})
	.map(parts => parts.join(''));

const written: fc.Arbitrary<Written> = fc.record({
	message: hostile.map(text => `m${text}`),
	detail: fc.option(hostile.map(text => `d${text}`)),
	statement: fc.option(hostile.map(text => `s${text}`)),
	app: fc.constantFrom('psql', 'odd app', 'a"b'),
});

const time = '2026-11-29 21:30:29.123 UTC';
const quoted = (text: string | null): string => (text === null ? '' : `"${text.replaceAll('"', '""')}"`);
const tabbed = (text: string): string => text.replaceAll('\n', '\n\t');

const writers: Readonly<Record<LogFormat, (entry: Written) => string>> = {
	csvlog: ({message, detail, statement, app}) =>
		`${time},"shop","shop",77,"[local]",65f.1,3,"idle",${time.slice(0, 19)} UTC,3/4,0,ERROR,23505,${quoted(message)},${quoted(detail)},,,,,${quoted(statement)},,,${quoted(app)},"client backend",,0\n`,
	jsonlog: ({message, detail, statement, app}) =>
		`${JSON.stringify({
			timestamp: time,
			user: 'shop',
			dbname: 'shop',
			pid: 77,
			error_severity: 'ERROR',
			state_code: '23505',
			message,
			...(detail === null ? {} : {detail}),
			...(statement === null ? {} : {statement}),
			application_name: app,
			backend_type: 'client backend',
			query_id: 0,
		})}\n`,
	stderr: ({message, detail, statement, app}) => {
		const head = `${time} [77] 23505 shop@shop/${app} `;
		return [
			`${head}ERROR:  ${tabbed(message)}\n`,
			detail === null ? '' : `${head}DETAIL:  ${tabbed(detail)}\n`,
			statement === null ? '' : `${head}STATEMENT:  ${tabbed(statement)}\n`,
		].join('');
	},
};

const read = ({message, detail, statement, app}: Written, format: LogFormat): LogEntry => ({
	...unknownEntry,
	at: '2026-11-29T21:30:29.123000+00:00',
	severity: 'ERROR',
	sqlstate: '23505',
	pid: 77,
	usename: 'shop',
	datname: 'shop',
	application_name: app,
	backend_type: format === 'stderr' ? null : 'client backend',
	message,
	detail,
	statement,
});

describe.each(['jsonlog', 'csvlog', 'stderr'] as const)('%s', format => {
	it('the stream gives the same entries wherever it is cut into pieces', () => {
		fc.assert(
			fc.property(fc.array(written, {maxLength: 6}), fc.array(fc.nat(4000), {maxLength: 8}), (entries, cuts) => {
				const bytes = new TextEncoder().encode(entries.map(writers[format]).join(''));
				expect(parse(bytes, cuts, layout(format))).toEqual(entries.map(entry => read(entry, format)));
			}),
			{seed: 7, numRuns: 300},
		);
	});

	it('a window that begins in the middle has the last entries, whole', () => {
		const entry: Written = {message: 'no "x"\nhere', detail: 'd', statement: 'select 1,\n"a"', app: 'psql'};
		const one = writers[format](entry);
		const bytes = new TextEncoder().encode(one.repeat(5));
		for (let from = 1; from < 2 * one.length; from++) {
			const found = parse(bytes.slice(from), [13, 200], layout(format, false));
			expect(found.length).toBeGreaterThanOrEqual(3);
			expect(new Set(found.map(each => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(read(entry, format))]));
		}
	});
});

const lineOf = (line: string, with_: string, zone = 'UTC'): LogEntry | undefined =>
	parse(new TextEncoder().encode(`${line}\n`), [], {format: 'stderr', prefix: with_, zone, isWhole: true})[0];

describe('log_line_prefix', () => {
	it.each([
		['%m [%p] ', '2026-11-29 21:30:29.123 UTC [77] LOG:  hi', {at: '2026-11-29T21:30:29.123000+00:00', pid: 77}],
		[
			'%t:%r:%u@%d:[%p]: ',
			'2026-11-29 21:30:29 UTC:10.0.0.1(5432):shop@orders:[77]: LOG:  hi',
			{at: '2026-11-29T21:30:29.000000+00:00', usename: 'shop', datname: 'orders', pid: 77},
		],
		['%t:%r:%u@%d:[%p]: ', '2026-11-29 21:30:29 UTC:::1(5432):shop@orders:[77]: LOG:  hi', {usename: 'shop', pid: 77}],
		[
			'%n %-8p %e ',
			'1796000000.250 77       00000 LOG:  hi',
			{at: '2026-11-30T00:53:20.250000+00:00', pid: 77, sqlstate: '00000'},
		],
		[
			'%t [%p]: db=%d,user=%u,app=%a ',
			'2026-11-29 21:30:29 UTC [77]: db=d,user=u,app=my app LOG:  hi',
			{application_name: 'my app'},
		],
		['%q%u@%d ', 'LOG:  hi', {usename: null}],
		['', 'LOG:  hi', {at: null, pid: null}],
		['%u%d ', 'xy LOG:  hi', {usename: null, datname: null}],
	] as const)('%s reads its fields', (with_, line, fields) => {
		expect(lineOf(line, with_)).toMatchObject({severity: 'LOG', message: 'hi', ...fields});
	});

	it('a line of another prefix still has its time and its pid in brackets', () => {
		expect(lineOf('2026-11-29 21:30:29.123 UTC [77] shop ERROR:  hi', '<%m> ')).toMatchObject({
			at: '2026-11-29T21:30:29.123000+00:00',
			pid: 77,
			severity: 'ERROR',
			message: 'hi',
		});
	});

	it('a line without a label is an entry of its own', () => {
		expect(lineOf('cp: cannot create regular file', '%m [%p] ')).toEqual({
			...unknownEntry,
			message: 'cp: cannot create regular file',
		});
	});

	it('a long line of spaces costs little', () => {
		const begun = performance.now();
		lineOf(`${' '.repeat(200_000)}`, '%u %d %a %h %b %i ');
		expect(performance.now() - begun).toBeLessThan(2000);
	});
});

describe('time', () => {
	it.each([
		['2026-07-01 12:00:00.000 CEST', 'Europe/Berlin', '2026-07-01T10:00:00.000000+00:00'],
		['2026-12-01 12:00:00.000 CET', 'Europe/Berlin', '2026-12-01T11:00:00.000000+00:00'],
		['2026-12-01 12:00:00.000 +0530', 'Asia/Nowhere', '2026-12-01T06:30:00.000000+00:00'],
		['2026-12-01 12:00:00.000 -03', 'America/Sao_Paulo', '2026-12-01T15:00:00.000000+00:00'],
		['2026-12-01 12:00:00.000 XYZ', 'Not/There', null],
	])('%s in %s is an instant in UTC or unknown', (text, zone, at) => {
		expect(lineOf(`${text} LOG:  hi`, '%m ', zone)?.at).toBe(at);
	});
});

describe('masking', () => {
	const entry = (fields: Partial<LogEntry>): LogEntry => safeEntry({...unknownEntry, ...fields});

	it('a parameter is masked where its literal would be', () => {
		const masked = entry({
			message: 'duration: 1.0 ms  execute <unnamed>: update users set password = $1, age = $2 where id = $3',
			detail: "Parameters: $1 = 'it''s secret', $2 = '7', $3 = NULL",
		});
		expect(masked.detail).toBe("Parameters: $1 = '***', $2 = '7', $3 = NULL");
	});

	it('a parameter of a statement that is not known is masked', () => {
		expect(entry({message: 'canceling statement', context: "portal with parameters: $1 = 'x'"}).context).toBe(
			"portal with parameters: $1 = '***'",
		);
	});

	it('a statement in the message is masked', () => {
		expect(entry({message: "statement: ALTER ROLE shop PASSWORD 'topsecret1'"}).message).toBe(
			"statement: ALTER ROLE shop PASSWORD '***'",
		);
	});
});
