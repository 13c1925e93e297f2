import {readFileSync} from 'node:fs';
import {type Allowed, type Config, checkConfig, noConfig} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';

/** Contents of a configuration file and its mistakes; a missing file is empty. */
export type ConfigFile = {readonly config: Config; readonly problems: readonly string[]; readonly exists: boolean};

/** Reads a configuration file. Throws a UserError if it exists but cannot be read. */
export const readConfig = (file: string, allowed: Allowed): ConfigFile => {
	const text = textOf(file);
	if (text === undefined) return {config: noConfig, problems: [], exists: false};
	try {
		return {...checkConfig(JSON.parse(text), allowed), exists: true};
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return {config: noConfig, problems: [`It is not valid JSON: ${error.message}.`], exists: true};
	}
};

const textOf = (file: string): string | undefined => {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
		throw new UserError(`The configuration ${file} cannot be read (${code}).`, {
			hint: 'Fix its permissions, or name another file with --config FILE; --config none reads no file.',
			exitCode: 2,
		});
	}
};
