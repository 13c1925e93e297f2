import {type ConnectionTarget, withPassword} from '../adapters/connect/connection.ts';
import type {Invocation} from '../command-line/options.ts';
import type {Failure} from '../core/sample/sample.ts';
import {UserError} from '../core/values/errors.ts';
import {warn} from '../system/standard-streams.ts';
import {type Access, type Connections, createAccess} from './access.ts';

/** The outcome of a command: an exit status, or the failure to reach the server. */
export type Outcome = number | Failure;

/** Runs a command over a target; `notice` is a sentence about the choice of the target, for the person. */
type Connect = (target: ConnectionTarget, notice?: string) => Promise<Outcome>;

// Every server has it, unless somebody dropped it.
const lastDatabase = 'postgres';

/**
 * Connects, once more with a typed password if the server asks for one that was not given, and once more to `postgres` if no
 * database was named and the role's own does not exist; throws a UserError on failure.
 */
export const withTarget = async (invocation: Invocation, connections: Connections, connect: Connect): Promise<number> => {
	const access = await createAccess(invocation, connections, process.env);
	try {
		await access.open();
		return await connectTo(access, connect);
	} finally {
		await access.close();
	}
};

const connectTo = async (access: Access, connect: Connect): Promise<number> => {
	const ask = createAsk();
	const target = access.target();
	let outcome = await connectAsking(target, connect, ask);
	if (isFailure(outcome, '3D000') && !target.isDatabaseNamed && target.dbname !== lastDatabase) {
		const notice = `Database "${target.dbname}" does not exist; using ${lastDatabase} instead. Use -d to choose another.`;
		warn(`pgtriage: ${notice}`);
		outcome = await connectAsking(access.target(lastDatabase), at => connect(at, notice), ask);
	}
	if (typeof outcome === 'number') return outcome;
	const {message, hint} = outcome;
	throw new UserError(message, {exitCode: 1, ...(hint !== undefined && {hint})});
};

const isFailure = (outcome: Outcome, code: string): boolean => typeof outcome === 'object' && outcome.code === code;

/** Asks for the password of a role, once in a process. */
type Ask = {readonly password: (user: string) => Promise<string>; readonly hasAsked: () => boolean};

const createAsk = (): Ask => {
	let typed: string | undefined;
	return {
		password: async user => {
			const {askPassword} = await import('../adapters/connect/ask-password.ts');
			typed ??= await askPassword(`Password for user ${user}: `);
			return typed;
		},
		hasAsked: () => typed !== undefined,
	};
};

const connectAsking = async (target: ConnectionTarget, connect: Connect, ask: Ask): Promise<Outcome> => {
	const typing = async (): Promise<ConnectionTarget> => withPassword(target, await ask.password(target.user));
	const outcome = await connect(target.passwordPrompt === 'always' || ask.hasAsked() ? await typing() : target);
	const mayAsk = target.passwordPrompt === 'asked' && process.stdin.isTTY && process.stderr.isTTY;
	return isFailure(outcome, 'no_password') && mayAsk ? connect(await typing()) : outcome;
};
