import {UserError} from '../../core/values/errors.ts';
import {apiOrigin} from '../../queries/beside/patroni-json.ts';

// Port of the REST API in the examples and packages of Patroni.
const usualPort = '8008';
const paths: ReadonlySet<string> = new Set(['', '/', '/patroni', '/cluster']);

/**
 * Address of the REST API that `--patroni` names, as `http://HOST:PORT`. The scheme is http and the port 8008 if they are left out.
 * Throws a UserError.
 */
export const resolvePatroni = (text: string): string => {
	const hint = 'Use --patroni http://10.0.0.7:8008, the REST API of any member.';
	const written = text.includes('://') ? text : `http://${text}`;
	const url = URL.parse(written);
	if (url && (url.username !== '' || url.password !== ''))
		throw new UserError('--patroni takes no user and password: only what needs none is read.', {hint, exitCode: 2});
	const origin = apiOrigin(written);
	if (!url || origin === null) throw new UserError('--patroni needs an address by http or https.', {hint, exitCode: 2});
	if (!paths.has(url.pathname) || url.search !== '' || url.hash !== '')
		throw new UserError('--patroni takes an address without a path.', {hint, exitCode: 2});
	const isPortWritten = /^[^/]*:\/\/(?:\[[^\]]*\]|[^:/[\]]*):\d+/.test(written);
	return isPortWritten ? origin : `${origin}:${usualPort}`;
};
