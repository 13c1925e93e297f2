import {type EndingSession, forecastOf} from '../locks/forecast.ts';
import {clean, cleanLines} from '../text/clean.ts';
import {plural} from '../text/words.ts';
import {type Instant, secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import {type Fact, fact} from './question.ts';
import type {Signal} from './signal.ts';
import type {KnownTarget, Target} from './target.ts';

/** Facts of the one target of a signal, each on its own line. */
export const factsOfOne = (signal: Signal, target: KnownTarget, askedAt: Instant): readonly Fact[] => {
	const {state, wait_event, query_start, xact_start} = target;
	const statement = firstLineOf(target);
	return [
		fact('session', sessionOf(target)),
		blocksOf(target),
		...unblocksOf(signal, [target]),
		fact('client', clientOf(target)),
		fact(
			'state',
			`${state ?? 'unknown'}${wait_event ? `, waits for ${wait_event}` : ''}`,
			state === 'idle in transaction' ? 'warn' : 'calm',
		),
		fact('xact', xact_start === null ? 'none open' : `open for ${ageAt(xact_start, askedAt)}`),
		fact(state === 'active' ? 'runs' : 'last ran', statement === '' ? 'no statement' : statement),
		...(query_start === null ? [] : [fact('started', `${ageAt(query_start, askedAt)} ago`)]),
	];
};

const ageAt = (since: Instant, now: Instant): string => duration(secondsBetween(since, now) ?? 0);

/** First line of the statement of a target that is not blank. */
export const firstLineOf = ({query}: Pick<Target, 'query'>): string =>
	cleanLines(query ?? '').find(text => text.trim() !== '') ?? '';

const blocksOf = ({blocks}: Target): Fact => {
	if (blocks === null) return fact('blocks', 'unknown', 'danger');
	return fact('blocks', plural(blocks, 'session'), blocks === 0 ? 'calm' : 'danger');
};

/** The waiters that get their locks once the targets end, by pid, and the number of those that follow or stay blocked. */
export const unblocksOf = (signal: Signal, targets: readonly Target[]): readonly Fact[] => {
	const waiters = new Map(targets.flatMap(target => target.waiters().map(waiter => [waiter.pid, waiter] as const)));
	const endings = targets.map((target): EndingSession => ({pid: target.pid, keeps: keepsLocks(signal, target)}));
	const {now, perhaps, later, blocked} = forecastOf([...waiters.values()], endings);
	const freed = now.length + perhaps.length;
	if (freed + blocked === 0) return [];
	const parts = [
		...(now.length > 0 ? [`${now.join(', ')} now`] : []),
		...(perhaps.length > 0 ? [`${perhaps.join(', ')} perhaps`] : []),
		...(later > 0 ? [`${later} more after ${freed === 1 ? 'it' : 'them'}`] : []),
	];
	const unblocked = parts.length === 0 ? 'none' : parts.join(', ');
	const rest = blocked === 0 ? '' : `; ${plural(blocked, 'session stays', 'sessions stay')} blocked by others`;
	return [fact('unblocks', `${unblocked}${rest}`, 'calm', 3)];
};

// A canceled statement aborts its transaction, but in a savepoint only what came after it. A transaction that began with the
// statement has no savepoint.
const keepsLocks = (signal: Signal, {backend_type, xact_start, query_start}: Target): boolean =>
	signal === 'cancel' && backend_type !== 'autovacuum worker' && (xact_start === null || xact_start !== query_start);

const sessionOf = ({usename, datname, backend_type, superuser}: KnownTarget): string => {
	if (usename !== null)
		return `${visibleName(usename)}@${visibleName(datname ?? '-')}, ${backend_type}${superuser ? ', superuser' : ''}`;
	return datname === null ? backend_type : `${backend_type} on ${visibleName(datname)}`;
};

const clientOf = ({application_name, client_addr}: Target): string => {
	const address = client_addr ?? 'local socket';
	return application_name ? `${visibleName(application_name)} from ${address}` : address;
};

/** A name with quotes if it is empty, has outer blanks or hidden characters, so that look-alikes differ. */
export const visibleName = (name: string): string =>
	name === '' || name !== name.trim() || clean(name) !== name || /["\\]/.test(name) ? `"${clean(name)}"` : name;
