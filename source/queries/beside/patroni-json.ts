import type {RawRow} from '../../core/sample/query.ts';
import type {Instant} from '../../core/values/instant.ts';
import {mostMembers} from './patroni.ts';

/** A host and port, as members and connections name them. */
type HostPort = {readonly host: string; readonly port: number};

/** Raw rows of `patroniMembers`, and the number of members before the list was cut. */
export type MemberRows = {readonly rows: readonly RawRow[]; readonly total: number};

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const longestText = 128;
const mostTags = 10;
const mostTimeline = 2 ** 32 - 1;
const mostPort = 65_535;

/** Text of a field, cut and well-formed; null if it is not text. */
const textIn = (json: Json, name: string): string | null => {
	const value = json[name];
	return typeof value === 'string' && value !== '' ? value.slice(0, longestText).toWellFormed() : null;
};

/** A whole number of a field as text; null if it is not one from 0 to `most`. */
const countIn = (json: Json, name: string, most = Number.MAX_SAFE_INTEGER): string | null => {
	const value = json[name];
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most ? String(value) : null;
};

/** A flag as PostgreSQL writes it; Patroni leaves out flags that are false. */
const flagIn = (json: Json, name: string): string => (json[name] === true ? 't' : 'f');

const timeShape = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d:?\d\d$/;

/** A timestamp of a field in PostgreSQL's form; null if it is not one. */
const timeIn = (json: Json, name: string): string | null => {
	const text = textIn(json, name);
	return text !== null && timeShape.test(text) ? text.replace('T', ' ') : null;
};

/** Seconds since 1970 in a field as a timestamp in PostgreSQL's form. */
const epochIn = (json: Json, name: string): string | null => {
	const seconds = countIn(json, name, 2 ** 33);
	return seconds === null ? null : `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')}+00`;
};

/** Address of a REST API without its path, by http or https only; null for anything else. */
export const apiOrigin = (url: unknown): string | null => {
	const parsed = typeof url === 'string' && url.length <= 2 * longestText ? URL.parse(url) : null;
	if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return null;
	return parsed.username === '' && parsed.password === '' ? parsed.origin : null;
};

/** Tags that are set, such as `nofailover`, or `failover_priority=2` for those with a value. */
const tagsIn = ({tags}: Json): string | null => {
	if (!isObject(tags)) return null;
	const set = Object.entries(tags)
		.slice(0, mostTags)
		.flatMap(([name, value]) => {
			if (value === true) return [name];
			return typeof value === 'number' || (typeof value === 'string' && value !== '') ? [`${name}=${value}`] : [];
		});
	return set.length === 0 ? null : set.join(', ').slice(0, longestText).toWellFormed();
};

const memberRow = (member: Json, name: string, {host, port}: HostPort): RawRow => {
	const at = textIn(member, 'host');
	const isConnected = at !== null && at === host && member.port === port;
	return [
		name,
		textIn(member, 'role') ?? 'unknown',
		textIn(member, 'state'),
		at,
		countIn(member, 'port', mostPort),
		apiOrigin(member.api_url),
		countIn(member, 'timeline', mostTimeline),
		countIn(member, 'lag'),
		flagIn(member, 'pending_restart'),
		tagsIn(member),
		isConnected ? 't' : null,
	];
};

/**
 * Members of an answer to `GET /cluster`; undefined if it is not one. A member without a name is left out, as is a second one with the
 * same name; fields of the wrong type are unknown.
 */
export const memberRows = (answer: unknown, connection: HostPort): MemberRows | undefined => {
	const members = isObject(answer) ? answer.members : undefined;
	if (!Array.isArray(members)) return undefined;
	const byName = new Map<string, RawRow>();
	let total = 0;
	for (const member of members) {
		const name = isObject(member) ? textIn(member, 'name') : null;
		if (name === null || byName.has(name)) continue;
		total++;
		if (byName.size < mostMembers) byName.set(name, memberRow(member, name, connection));
	}
	return {rows: [...byName.values()], total};
};

/** Last entry of an answer to `GET /history`: `[timeline, lsn, reason, time, new leader]`; the time and the leader may be absent. */
const lastFailover = (history: unknown): {readonly at: string | null; readonly to: string | null} => {
	const last: unknown = Array.isArray(history) ? history.at(-1) : undefined;
	if (!Array.isArray(last)) return {at: null, to: null};
	const entry: Json = {at: last[3], to: last[4]};
	return {at: timeIn(entry, 'at'), to: textIn(entry, 'to')};
};

/** True if an answer to `GET /patroni` is one. */
export const isStatus = (answer: unknown): boolean => isObject(answer) && isObject(answer.patroni) && 'state' in answer;

/** What was read of a cluster: the address that answered and when, and the answers; undefined for those that failed. */
export type PatroniAnswers = {
	readonly asked: string;
	readonly at: Instant;
	readonly cluster: unknown;
	readonly status: unknown;
	readonly history: unknown;
	/** Members of `cluster`. */
	readonly members: MemberRows | undefined;
};

/** Name of the member whose REST API has an address, in a list of members; null if none or several have it. */
const memberAt = (asked: string, members: MemberRows | undefined): string | null => {
	const [first, ...others] = (members?.rows ?? []).filter(row => row[5] === asked);
	return first && others.length === 0 ? (first[0] ?? null) : null;
};

/** Raw row of `patroniCluster`. */
export const clusterRow = ({asked, at, cluster, status, history, members}: PatroniAnswers): RawRow => {
	const list: Json = isObject(cluster) ? cluster : {};
	const state: Json = isObject(status) ? status : {};
	const program: Json = isObject(state.patroni) ? state.patroni : {};
	const planned: Json = isObject(list.scheduled_switchover) ? list.scheduled_switchover : {};
	const {at: failedOver, to} = lastFailover(history);
	// In failsafe mode the leader goes on without the configuration store, and thus without its lock.
	const isFailsafe = state.failsafe_mode_is_active === true;
	return [
		asked,
		textIn(program, 'scope') ?? textIn(list, 'scope'),
		at,
		textIn(program, 'version'),
		textIn(program, 'name') ?? memberAt(asked, members),
		timeIn(state, 'postmaster_start_time'),
		textIn(state, 'database_system_identifier'),
		flagIn({pause: list.pause === true || state.pause === true}, 'pause'),
		isStatus(status) ? flagIn({unlocked: state.cluster_unlocked === true && !isFailsafe}, 'unlocked') : null,
		epochIn(state, 'dcs_last_seen'),
		members ? String(members.total) : null,
		failedOver,
		to,
		timeIn(planned, 'at'),
		textIn(planned, 'to'),
	];
};
