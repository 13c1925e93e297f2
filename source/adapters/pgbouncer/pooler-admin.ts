import type {AdminResult} from '../../core/actions/admin.ts';
import {bouncerOf, type PoolClientRef, type PoolerCommand, type PoolRef, poolerStatement} from '../../core/actions/pooler.ts';
import type {Note} from '../../core/sample/journal.ts';
import {journalEntry} from '../../core/sample/journal.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {plural} from '../../core/text/words.ts';
import {identifier} from '../../core/values/quote.ts';
import {type ConsoleCell, consoleRows, isUnix} from '../../queries/beside/pgbouncer.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, isServerError, isUnanswered} from '../connect/failures.ts';
import {type Console, consoleFailure, consoleName, enterConsole, inTime} from './console.ts';

/** Sends commands to the consoles of PgBouncers, each over a connection of its own; never rejects. */
export type PoolerAdmin = {
	/** Sends a command if its target still is what it was; `sent` gets all that was sent in the end. */
	readonly run: (command: PoolerCommand, sent: (statement: string) => void) => Promise<AdminResult>;
	/** Cancels a PAUSE that still waits, with RESUME. */
	readonly withdraw: () => void;
};

// While a PAUSE waits for transactions to end, no other transaction begins.
const pauseMs = 30_000;
const goneMs = 1500;
const lookAgainMs = 100;

type PoolerAdminOptions = {
	readonly note?: Note;
	/** Called when a command was carried out or refused. */
	readonly onEnded?: () => void;
};

/** Creates the admin of some consoles. */
export const createPoolerAdmin = (targets: readonly ConnectionTarget[], options: PoolerAdminOptions = {}): PoolerAdmin => {
	const {note, onEnded} = options;
	let withdrawal: (() => void) | undefined;
	return {
		run: async (command, sent) => {
			const target = targets.find(each => consoleName(each) === bouncerOf(command));
			if (!target) return failed({code: 'no_pgbouncer', message: `Nothing was sent: ${bouncerOf(command)} is not watched.`});
			let session: Console | undefined;
			try {
				session = await enterNoted(target, command, note);
				const changed = await inTime(changeOf(session, command), consoleName(target));
				if (changed) return changed;
				if (command.kind !== 'pooler-pause') return await carriedOut(session, command, consoleName(target));
				const pause = Promise.withResolvers<'withdrawn'>();
				withdrawal = () => pause.resolve('withdrawn');
				return await paused(session, command, {target, withdrawn: pause.promise, sent});
			} catch (error) {
				return failed(refusalOf(error, target));
			} finally {
				withdrawal = undefined;
				session?.leave();
				onEnded?.();
			}
		},
		withdraw: () => withdrawal?.(),
	};
};

const enterNoted = async (target: ConnectionTarget, command: PoolerCommand, note: Note | undefined): Promise<Console> => {
	const begun = performance.now();
	const session = await enterConsole(target, new AbortController().signal);
	note?.(
		journalEntry({
			kind: 'session',
			statement: 'SHOW VERSION',
			target: `${consoleName(target)}, for ${poolerStatement(command)}`,
			outcome: `PgBouncer ${session.version}`,
			took_ms: performance.now() - begun,
		}),
	);
	return session;
};

const failed = (failure: Failure): AdminResult => ({outcome: 'failed', failure});
const gone: AdminResult = {outcome: 'gone', failure: undefined};

/** Result if the target of a command changed since the question, so that nothing may be sent. */
const changeOf = async (session: Console, command: PoolerCommand): Promise<AdminResult | undefined> => {
	if (command.kind === 'pooler-kill-client') return (await clientOf(session, command.client)) ? undefined : gone;
	const {pool} = command;
	const database = await databaseOf(session, pool);
	if (!database) return gone;
	const isElsewhere =
		database('host') !== pool.host || database('database') !== pool.dbname || Number(database('port')) !== pool.port;
	if (isElsewhere) return changed(`${pool.database} leads to another server now.`);
	const isPaused = database('paused') === null ? null : database('paused') !== '0';
	if (command.kind === 'pooler-pause' && isPaused === true) return changed(`${pool.database} was paused meanwhile.`);
	if (command.kind === 'pooler-resume' && isPaused === false) return changed(`${pool.database} was resumed meanwhile.`);
	return undefined;
};

const changed = (why: string): AdminResult =>
	failed({code: 'changed', message: `Nothing was sent: ${why}`, hint: 'Ask again if it is still wanted.'});

const databaseOf = async (session: Console, {database}: PoolRef): Promise<ConsoleCell | undefined> =>
	consoleRows(await session.show('DATABASES')).find(cell => cell('name') === database);

/** The client of a question: the same id, user, database, address and time of its log-in. */
const clientOf = async (session: Console, client: PoolClientRef): Promise<ConsoleCell | undefined> =>
	consoleRows(await session.show('CLIENTS')).find(
		cell =>
			cell('id') === client.id &&
			cell('user') === client.user &&
			cell('database') === client.database &&
			cell('connect_time') === client.connect_time &&
			(isUnix(cell('addr')) ? client.addr === 'unix' : cell('addr') === client.addr && Number(cell('port')) === client.port),
	);

/** Sends a command that is carried out at once, and looks at its effect. */
const carriedOut = async (
	session: Console,
	command: Exclude<PoolerCommand, {readonly kind: 'pooler-pause'}>,
	address: string,
): Promise<AdminResult> => {
	await inTime(session.send(poolerStatement(command)), address);
	const effect = await inTime(effectOf(session, command), address).catch(() => 'Its effect could not be read.');
	return {outcome: 'done', failure: undefined, ...(effect !== undefined && {effect})};
};

const effectOf = async (session: Console, command: PoolerCommand): Promise<string> => {
	if (command.kind === 'pooler-kill-client') {
		const begun = performance.now();
		while (await clientOf(session, command.client)) {
			if (performance.now() - begun > goneMs) return 'The client is still there.';
			await new Promise(resolve => setTimeout(resolve, lookAgainMs));
		}
		return 'The client is gone.';
	}
	const {pool} = command;
	if (command.kind === 'pooler-reconnect') {
		const old = consoleRows(await session.show('SERVERS')).filter(
			cell => cell('database') === pool.database && cell('close_needed') === '1',
		).length;
		return old === 0 ? 'No old server is left.' : `${plural(old, 'old server')} still in use, closed once released.`;
	}
	const isPaused = (await databaseOf(session, pool))?.('paused');
	const {waiting} = await clientsOf(session, pool);
	const state = isPaused === '0' ? 'not paused' : 'PAUSED';
	return `${pool.database} is ${state}; ${plural(waiting, 'client waits', 'clients wait')}.`;
};

/** Clients that wait for a server of a database, and servers in use. */
const clientsOf = async (
	session: Console,
	{database}: PoolRef,
): Promise<{readonly waiting: number; readonly servers: number}> => {
	const pools = consoleRows(await session.show('POOLS')).filter(cell => cell('database') === database);
	const sum = (name: string): number => pools.reduce((total, cell) => total + Number(cell(name) ?? 0), 0);
	return {waiting: sum('cl_waiting'), servers: sum('sv_active')};
};

type Pausing = {
	readonly target: ConnectionTarget;
	readonly withdrawn: Promise<'withdrawn'>;
	readonly sent: (statement: string) => void;
};

/**
 * Sends PAUSE, which answers once no server is in use. If it is withdrawn, takes longer than 30 s or its connection fails, RESUME is sent
 * over another connection: a database stays paused when the console that waits for it goes away.
 */
const paused = async (
	session: Console,
	command: Extract<PoolerCommand, {readonly pool: unknown}>,
	{target, withdrawn, sent}: Pausing,
): Promise<AdminResult> => {
	const statement = poolerStatement(command);
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<'late'>(resolve => {
		timer = setTimeout(() => resolve('late'), pauseMs);
	});
	const answer = session.send(statement).then(
		() => 'done' as const,
		(error: unknown) => ({error}),
	);
	const end = await Promise.race([answer, withdrawn, late]);
	clearTimeout(timer);
	if (end === 'done') {
		const effect = await inTime(effectOf(session, command), consoleName(target)).catch(() => 'Its effect could not be read.');
		return {outcome: 'done', failure: undefined, effect};
	}
	if (typeof end === 'object' && isServerError(end.error)) throw end.error;
	session.leave();
	const {database} = command.pool;
	const why = end === 'late' ? `Its servers were still in use after ${pauseMs / 1000} s.` : undefined;
	const resume = `RESUME ${identifier(database)}`;
	sent(`${statement}; ${resume}`);
	const failure = await resumed(target, resume);
	if (failure) {
		const message = [why, `${database} may still be PAUSED, RESUME failed: ${failure.message}`].filter(Boolean).join(' ');
		return failed({...failure, message, hint: 'Send RESUME again, also with psql.'});
	}
	const answered = `${database} was resumed: its clients go on.`;
	if (end === 'withdrawn') return {outcome: 'cancelled', failure: {code: 'withdrawn', message: answered}};
	const reason = why ?? consoleFailure(typeof end === 'object' ? end.error : end, target).message;
	return failed({code: 'deadline', message: `${reason} ${answered}`});
};

/** Sends RESUME over a connection of its own; the reason if that failed. */
const resumed = async (target: ConnectionTarget, statement: string): Promise<Failure | undefined> => {
	let session: Console | undefined;
	try {
		session = await enterConsole(target, new AbortController().signal);
		await inTime(session.send(statement), consoleName(target));
		return undefined;
	} catch (error) {
		return consoleFailure(error, target);
	} finally {
		session?.leave();
	}
};

const adminHint = 'Commands need a user of admin_users in pgbouncer.ini; --pgbouncer can name another one.';

/** Reason why a command failed. */
const refusalOf = (error: unknown, target: ConnectionTarget): Failure => {
	const failure = consoleFailure(error, target);
	// PgBouncer has one SQLSTATE for all that it refuses.
	if (isServerError(error)) return {code: failure.code, message: `PgBouncer: ${error.message}.`, hint: adminHint};
	if (error instanceof ConnectionError && (failure.code === 'deadline' || isUnanswered(failure)))
		return {...failure, hint: 'It may have been done: look at the pool before you retry.'};
	return failure;
};
