import {type LogEntry, unknownEntry} from './entry.ts';
import {parseLogTime} from './log-time.ts';

const field = /"((?:[^"]|"")*)(?:"|$)|([^,"]*)/y;

/** Fields of a line of CSV; an empty one without quotes is null. The last field of a line that was cut may lack its quote. */
const fieldsOf = (line: string): readonly (string | null)[] => {
	const fields: (string | null)[] = [];
	for (let at = 0; at <= line.length; ) {
		field.lastIndex = at;
		const match = field.exec(line);
		if (!match) break;
		fields.push(match[1] === undefined ? match[2] || null : match[1].replaceAll('""', '"'));
		at = field.lastIndex + 1;
		if (line[field.lastIndex] !== ',') break;
	}
	return fields;
};

// 24 columns in 13, 26 from 14 on; a line that was cut has fewer.
const leastColumns = 14;
const started = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Za-z0-9+:-]+$/;
const number = /^\d+$/;

/** Start of a record, at the start of a line: a time, then a comma. */
export const csvStart = /\n(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Za-z0-9+:-]{1,20},)/;

/** Entry of a record in the format csvlog; undefined if it is not one. */
export const parseCsv = (line: string, zone: string): LogEntry | undefined => {
	const fields = fieldsOf(line);
	const [time, usename, datname, pid] = fields;
	if (fields.length < leastColumns || !started.test(time ?? '') || !number.test(pid ?? '0')) return undefined;
	const at = (column: number): string | null => fields[column - 1] ?? null;
	const queryId = at(26);
	return {
		...unknownEntry,
		at: parseLogTime(time ?? '', zone),
		usename: usename ?? null,
		datname: datname ?? null,
		pid: pid == null ? null : Number(pid),
		severity: at(12),
		sqlstate: at(13),
		message: at(14) ?? '',
		detail: at(15),
		hint: at(16),
		context: at(19),
		statement: at(20),
		application_name: at(23),
		backend_type: at(24),
		query_id: queryId === '0' ? null : queryId,
	};
};
