import {UserError} from '../../core/values/errors.ts';

const methods = ['password', 'md5', 'scram-sha-256', 'gss', 'sspi', 'oauth', 'none'] as const;

/** Authentication method by libpq's name; `none` means no authentication. */
export type AuthMethod = (typeof methods)[number];

/** Accepted authentication methods. */
export type AuthRule = ReadonlySet<AuthMethod>;

/** Rule of require_auth: the listed methods, or all but those prefixed with `!`. Throws a UserError. */
export const authRuleOf = (text: string | undefined): AuthRule | undefined => {
	if (text === undefined) return undefined;
	const words = text.split(',').map(each => each.trim());
	const named = words.map(each => methods.find(method => method === each.replace(/^!/, '')));
	const negated = words.filter(each => each.startsWith('!')).length;
	const listed = new Set(named.filter(each => each !== undefined));
	if (named.includes(undefined) || listed.size < words.length || (negated > 0 && negated < words.length))
		throw new UserError(`require_auth cannot be ${JSON.stringify(text)}.`, {
			hint: `Use a list of ${methods.join(', ')}, each once, with "!" before all of them or none.`,
			exitCode: 2,
		});
	return negated === 0 ? listed : new Set(methods.filter(method => !listed.has(method)));
};
