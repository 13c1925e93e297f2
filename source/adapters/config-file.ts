import type {Stats} from 'node:fs';
import {type Allowed, type Config, checkConfig, hasCommands, noConfig} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';
import {notRegularCode, readRegularFile} from '../system/reading.ts';

/** Contents of a configuration file and its mistakes; a missing file is empty. */
export type ConfigFile = {readonly config: Config; readonly problems: readonly string[]; readonly exists: boolean};

/**
 * Reads a configuration file, which a user may have `named`. Throws a UserError if it exists but cannot be read, is not a regular
 * file, or was not named and another user could have written it: it moves the audit and the thresholds. One with commands is never
 * read if another user or a group could have written it.
 */
export const readConfig = (file: string, allowed: Allowed, named: boolean): ConfigFile => {
	let facts: Stats | undefined;
	const text = textOf(file, found => {
		facts = found;
		if (!named) assertOwn(file, found);
	});
	if (text === undefined) return {config: noConfig, problems: [], exists: false};
	try {
		const checked = checkConfig(JSON.parse(text), allowed);
		if (facts && hasCommands(checked.config)) assertSafe(file, facts);
		return {...checked, exists: true};
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return {config: noConfig, problems: [`It is not valid JSON: ${error.message}.`], exists: true};
	}
};

const textOf = (file: string, look: (facts: Stats) => void): string | undefined => {
	try {
		return readRegularFile(file, look).toString('utf8');
	} catch (error) {
		if (error instanceof UserError) throw error;
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
		if (code === notRegularCode)
			throw new UserError(`The configuration ${file} is not a regular file.`, {
				hint: 'Name another file with --config FILE; --config none reads no file.',
				exitCode: 2,
			});
		throw new UserError(`The configuration ${file} cannot be read (${code}).`, {
			hint: 'Fix its permissions, or name another file with --config FILE; --config none reads no file.',
			exitCode: 2,
		});
	}
};

const assertOwn = (file: string, {uid, mode}: Stats): void => {
	const me = process.geteuid?.();
	const isOwn = me === undefined || uid === 0 || uid === me;
	if (isOwn && (me === undefined || (mode & 0o002) === 0)) return;
	throw new UserError(`The configuration ${file} ${isOwn ? 'can be written by every user' : 'belongs to another user'}.`, {
		hint: `${isOwn ? `Run chmod o-w ${file}` : 'Name it with --config FILE to use it'}; --config none reads no file.`,
		exitCode: 2,
	});
};

/** Throws for a file whose commands another user could have written, as ssh does. */
const assertSafe = (file: string, {uid, mode}: Stats): void => {
	const me = process.geteuid?.();
	if (me === undefined) return;
	const isOwn = uid === 0 || uid === me;
	if (isOwn && (mode & 0o022) === 0) return;
	throw new UserError(
		`The configuration ${file} has commands, and ${isOwn ? 'other users can write to it' : 'belongs to another user'}.`,
		{hint: `${isOwn ? `Run chmod go-w ${file}` : 'Use a file of your own'}; --config none reads no file.`, exitCode: 2},
	);
};
