import {UserError} from '../../core/values/errors.ts';

const methods = ['password', 'md5', 'scram-sha-256', 'gss', 'sspi', 'oauth', 'none'] as const;

/** A way in which a server checks who somebody is, by libpq's name; `none` is that it does not. */
export type AuthMethod = (typeof methods)[number];

/** The ways that are accepted. */
export type AuthRule = ReadonlySet<AuthMethod>;

/** What require_auth accepts: those that are listed, or with `!` before each all others. Throws a UserError. */
export const authRuleOf = (text: string | undefined): AuthRule | undefined => {
	if (text === undefined) return undefined;
	const listed = text.split(',').map(each => each.trim());
	const named = listed.map(each => methods.find(method => method === each.replace(/^!/, '')));
	const negated = listed.filter(each => each.startsWith('!')).length;
	const known = new Set(named.filter(each => each !== undefined));
	if (named.includes(undefined) || known.size < listed.length || (negated > 0 && negated < listed.length))
		throw new UserError(`require_auth cannot be ${JSON.stringify(text)}.`, {
			hint: `It is a list of ${methods.join(', ')}, each once, with "!" before all of them or before none.`,
			exitCode: 2,
		});
	return negated === 0 ? known : new Set(methods.filter(method => !known.has(method)));
};
