import {notRegularCode, readRegularFile} from '../../system/reading.ts';

/** Key of a password lookup; parts are compared literally. */
export type PasswordKey = {readonly host: string; readonly port: number; readonly dbname: string; readonly user: string};

/** The password, or the reason an existing file was not used. */
export type PasswordFound = {readonly password?: string; readonly ignored?: string};

/** First password of a `.pgpass` text whose four fields match: `*` matches anything, `\` escapes the next character. */
export const passwordIn = (text: string, key: PasswordKey): string | undefined => {
	const wanted = [key.host, String(key.port), key.dbname, key.user];
	for (const line of text.split(/\r?\n/)) {
		if (line.startsWith('#')) continue;
		const fields = fieldsOf(line);
		if (fields.length < 5) continue;
		if (wanted.every((value, index) => fields[index]?.raw === '*' || fields[index]?.value === value)) return fields[4]?.value;
	}
	return undefined;
};

type Field = {raw: string; value: string};

/** Splits a line into its four key fields and the password, which may hold colons. */
const fieldsOf = (line: string): readonly Field[] => {
	const fields: Field[] = [{raw: '', value: ''}];
	for (let at = 0; at < line.length; at++) {
		if (line[at] === ':' && fields.length < 5) {
			fields.push({raw: '', value: ''});
			continue;
		}
		const escaped = line[at] === '\\' && at + 1 < line.length;
		const field = fields.at(-1);
		if (!field) break;
		field.raw += line.slice(at, at + (escaped ? 2 : 1));
		if (escaped) at++;
		field.value += line.charAt(at);
	}
	return fields;
};

/**
 * Looks up a password in the file at `path`, as libpq does: a file readable by group or others is not used. Prints nothing,
 * since a warning on stderr would tear the screen; the reason is returned.
 */
export const passwordFrom = (path: string, key: PasswordKey): PasswordFound => {
	let isOpen = false;
	try {
		const text = readRegularFile(path, ({mode}) => {
			isOpen = process.platform !== 'win32' && (mode & 0o077) !== 0;
			if (isOpen) throw new Error('Other users can read it.');
		});
		const password = passwordIn(text.toString('utf8'), key);
		return password === undefined || password === '' ? {} : {password};
	} catch (error) {
		if (isOpen) return {ignored: `${path} was not used because other users can read it: chmod 0600 ${path}`};
		const code = (error as NodeJS.ErrnoException).code;
		if (code === notRegularCode) return {ignored: `${path} is not a regular file.`};
		return code === 'ENOENT' || code === 'ENOTDIR' ? {} : {ignored: `${path} could not be read (${code ?? 'unknown reason'}).`};
	}
};
