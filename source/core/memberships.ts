import {identifier} from './values/quote.ts';

/** Membership of one role in another, by oid; the options of 16 and later are null before. */
export type Membership = {
	readonly roleid: number;
	readonly member: number;
	readonly admin_option: boolean;
	readonly inherit_option: boolean | null;
	readonly set_option: boolean | null;
};

/** A role that another one reaches, and the roles on the way there, the role itself last. */
export type Reached = {readonly oid: number; readonly path: readonly number[]};

/**
 * Finds the roles whose privileges a role has, may take by SET ROLE or may grant itself, nearest first, each by a shortest path. A
 * membership without INHERIT, SET and ADMIN reaches nothing. `isEnd` is true for a role at which paths end.
 */
export const reach = (
	memberships: readonly Membership[],
	isEnd: (oid: number) => boolean,
): ((from: number) => readonly Reached[]) => {
	const roles = new Map<number, readonly number[]>();
	for (const {roleid, member, admin_option, inherit_option, set_option} of memberships)
		if (admin_option || inherit_option !== false || set_option !== false)
			roles.set(member, [...(roles.get(member) ?? []), roleid]);
	return from => {
		const seen = new Set([from]);
		const reached: Reached[] = [];
		let edge: readonly Reached[] = [{oid: from, path: []}];
		while (edge.length > 0) {
			const next: Reached[] = [];
			for (const {oid, path} of edge)
				for (const role of isEnd(oid) && oid !== from ? [] : (roles.get(oid) ?? [])) {
					if (seen.has(role)) continue;
					seen.add(role);
					next.push({oid: role, path: [...path, role]});
				}
			reached.push(...next);
			edge = next;
		}
		return reached;
	};
};

/** How a role belongs to another: `usage` if it has its privileges without SET ROLE; `inherits` is the attribute of the role itself. */
export type Belonging = {
	readonly member: boolean;
	readonly direct: boolean;
	readonly usage: boolean;
	readonly inherits: boolean;
};

/**
 * The statement that gives `user` the privileges of `role` on a server of `version`. A member that does not inherit has them by SET ROLE
 * only, and another plain GRANT changes nothing: since 16 the membership decides about that, before the role itself.
 */
export const grantOf = (role: string, user: string, version: number, belonging: Belonging | undefined): string => {
	const grant = `GRANT ${role} TO ${identifier(user)}`;
	if (!belonging) return grant;
	const {member, direct, inherits} = belonging;
	if (version >= 160_000) return member || !inherits ? `${grant} WITH INHERIT TRUE` : grant;
	if (inherits) return grant;
	const inherit = `ALTER ROLE ${identifier(user)} INHERIT`;
	return direct ? inherit : `${inherit}; ${grant}`;
};
