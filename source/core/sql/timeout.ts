import {identifier, literal} from '../values/quote.ts';

/** A timeout that would have ended what a session does, with the statement that sets it for its role. */
export type Timeout = {readonly setting: TimeoutSetting; readonly role: string; readonly statement: string};

/** Settings that limit how long a session may do something. */
export type TimeoutSetting = 'idle_in_transaction_session_timeout' | 'statement_timeout' | 'lock_timeout';

// What people and pools give up after: a person, a report, a queue behind DDL.
const values: Readonly<Record<TimeoutSetting, string>> = {
	idle_in_transaction_session_timeout: '5min',
	statement_timeout: '5min',
	lock_timeout: '5s',
};

/** The timeout of a role for one of the settings. */
export const timeoutOf = (setting: TimeoutSetting, role: string): Timeout => ({
	setting,
	role,
	statement: `ALTER ROLE ${identifier(role)} SET ${setting} = ${literal(values[setting])};`,
});

const lockEvents = new Set([
	'relation',
	'extend',
	'frozenid',
	'page',
	'tuple',
	'transactionid',
	'virtualxid',
	'spectoken',
	'object',
	'userlock',
	'advisory',
	'applytransaction',
]);

/** The timeout that would have ended what a session does now; undefined if none would, or if its role is unknown. */
export const timeoutFor = ({
	usename,
	state,
	wait_event,
}: {
	readonly usename: string | null;
	readonly state: string | null;
	readonly wait_event: string | null;
}): Timeout | undefined => {
	if (usename === null) return undefined;
	if (state?.startsWith('idle in transaction')) return timeoutOf('idle_in_transaction_session_timeout', usename);
	if (state !== 'active') return undefined;
	return timeoutOf(wait_event !== null && lockEvents.has(wait_event) ? 'lock_timeout' : 'statement_timeout', usename);
};
