import {type LogEntry, unknownEntry} from './entry.ts';
import {parseLogTime} from './log-time.ts';

type Json = Readonly<Record<string, unknown>>;

const parsed = (text: string): Json | undefined => {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
	} catch {
		return undefined;
	}
};

/** A line that was cut inside a text, ended there. */
const ended = (line: string): string => `${line.replace(/\\(?:u[0-9a-f]{0,3})?$/i, '')}"}`;

/** Entry of a line in the format jsonlog; undefined if it is not one. A line that was cut still has its first fields. */
export const parseJson = (line: string, zone: string): LogEntry | undefined => {
	if (!line.startsWith('{"timestamp":')) return undefined;
	const json = parsed(line) ?? parsed(ended(line));
	if (!json) return undefined;
	const text = (name: string): string | null => {
		const value = json[name];
		return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
	};
	const pid = json.pid;
	const queryId = /"query_id":(-?\d+)\}?$/.exec(line)?.[1] ?? null;
	return {
		...unknownEntry,
		at: parseLogTime(text('timestamp') ?? '', zone),
		usename: text('user'),
		datname: text('dbname'),
		pid: typeof pid === 'number' ? pid : null,
		severity: text('error_severity'),
		sqlstate: text('state_code'),
		message: text('message') ?? '',
		detail: text('detail'),
		hint: text('hint'),
		context: text('context'),
		statement: text('statement'),
		application_name: text('application_name'),
		backend_type: text('backend_type'),
		// A number of JavaScript would round it.
		query_id: queryId === '0' ? null : queryId,
	};
};
