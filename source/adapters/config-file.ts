import {readFileSync} from 'node:fs';
import {type Allowed, type Config, checkConfig, noConfig} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';

/** What a configuration file says, and what is wrong with it; a file that is not there says nothing. */
export type ConfigFile = {readonly config: Config; readonly problems: readonly string[]; readonly exists: boolean};

/** Reads a configuration file. Throws a UserError where it is there and cannot be read. */
export const readConfig = (file: string, allowed: Allowed): ConfigFile => {
	const text = textOf(file);
	if (text === undefined) return {config: noConfig, problems: [], exists: false};
	try {
		return {...checkConfig(JSON.parse(text), allowed), exists: true};
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return {config: noConfig, problems: [`It is no JSON: ${error.message}.`], exists: true};
	}
};

const textOf = (file: string): string | undefined => {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
		throw new UserError(`The configuration ${file} cannot be read (${code}).`, {
			hint: 'Mend its rights, or name another with --config FILE; --config none reads none.',
			exitCode: 2,
		});
	}
};
