import type {Stats} from 'node:fs';
import {type Allowed, type Config, checkConfig, noConfig} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';
import {notRegularCode, readRegularFile} from '../system/reading.ts';

/** Contents of a configuration file and its mistakes; a missing file is empty. */
export type ConfigFile = {readonly config: Config; readonly problems: readonly string[]; readonly exists: boolean};

/**
 * Reads a configuration file, which a user may have `named`. Throws a UserError if it exists but cannot be read, is not a regular
 * file, or was not named and another user could have written it: it moves the audit and the thresholds.
 */
export const readConfig = (file: string, allowed: Allowed, named: boolean): ConfigFile => {
	const text = textOf(file, named);
	if (text === undefined) return {config: noConfig, problems: [], exists: false};
	try {
		return {...checkConfig(JSON.parse(text), allowed), exists: true};
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return {config: noConfig, problems: [`It is not valid JSON: ${error.message}.`], exists: true};
	}
};

const textOf = (file: string, named: boolean): string | undefined => {
	try {
		return readRegularFile(file, facts => {
			if (!named) assertOwn(file, facts);
		}).toString('utf8');
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
