/** That one role belongs to another, by their oids; the options of 16 and later are null before. */
export type Membership = {
	readonly roleid: number;
	readonly member: number;
	readonly admin_option: boolean;
	readonly inherit_option: boolean | null;
	readonly set_option: boolean | null;
};

/** A role that another reaches, and the roles on the way there, itself the last. */
export type Reached = {readonly oid: number; readonly path: readonly number[]};

/**
 * The roles whose rights a role has, may take by SET ROLE or may grant itself, the nearest first, each by a shortest way. A
 * membership that neither inherits nor allows SET ROLE nor administers reaches nothing. `isEnd` says where ways end.
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
