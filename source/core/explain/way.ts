import type {Failure} from '../sample/sample.ts';

/** Facts about the login and about the role of the query. */
export type Circumstances = {
	readonly version: number;
	readonly login: string;
	readonly role: string;
	/** True if the session's role is the login role. */
	readonly ours: boolean;
	readonly superuser: boolean;
	readonly inRecovery: boolean;
	/** True if some event trigger fires even if event triggers are disabled. */
	readonly alwaysTriggers: boolean;
	/** True if our role may create temporary functions in plpgsql. */
	readonly makesFunctions: boolean;
	/** 0 if the role does not exist. */
	readonly oid: number;
	readonly roleSuperuser: boolean;
	readonly isLogin: boolean;
	/** True if our role may give a function to the query's role. */
	readonly canBecome: boolean;
	readonly roleTemporary: boolean;
	/** Roles that ours can become and that act on the server or on other sessions, in words; null if there are none. */
	readonly powers: string | null;
};

/** A way to plan a text: in a function owned by its role, or in our own session; and risks to accept first. */
export type Way = {readonly by: 'function' | 'session'; readonly rights: 'role' | 'login'; readonly risks: readonly string[]};

const no = (message: string, hint: string): Failure => ({code: 'explain', message, hint});

/**
 * Chooses how to plan a text of a role. The planner executes functions that the text names, and the role may have written them:
 * they must not get a privilege that the role does not have. If that is impossible the plan is refused, or needs consent if little
 * can be gained.
 */
export const wayOf = (c: Circumstances): Way | Failure => {
	if (!c.ours)
		return no(
			`The session is not that of ${c.login}, so that it is not known what its statements may do.`,
			'Connect to the server itself, as the role that is to be used.',
		);
	if (c.oid === 0) return no(`There is no role ${c.role} any more.`, 'Its statement cannot be planned with its rights.');
	if (c.isLogin && !c.roleSuperuser) return {by: 'session', rights: 'role', risks: []};
	if (c.roleSuperuser && c.superuser)
		return {
			by: 'session',
			rights: 'login',
			risks: [
				`${c.role} is a superuser: functions that the statement uses run without any limit while it is planned, whoever wrote them.`,
			],
		};
	if (!c.roleSuperuser && (c.superuser || c.canBecome)) {
		const why = withoutFunction(c);
		if (why === undefined) return {by: 'function', rights: 'role', risks: []};
		if (c.superuser) return why;
	}
	if (c.powers !== null)
		return no(
			`${c.login} can become ${c.powers}: functions that the statement uses could do so too while it is planned.`,
			c.roleSuperuser
				? `Log in as a superuser.`
				: `Log in as ${c.role} or as a superuser, or GRANT ${c.role} TO ${c.login}: then it is planned with the rights of ${c.role} alone.`,
		);
	return {
		by: 'session',
		rights: 'login',
		risks: [
			`It is planned with the rights of ${c.login}: functions that the statement uses can do what ${c.login} may, whoever wrote them.`,
		],
	};
};

/** Reason why no function can be given to the role. */
const withoutFunction = (c: Circumstances): Failure | undefined => {
	if (c.inRecovery)
		return no(
			`On a standby a superuser cannot plan with the rights of ${c.role} alone.`,
			`Explain it on the primary, or log in to the standby as ${c.role} with -U.`,
		);
	if (!c.makesFunctions)
		return no(
			`Planning with the rights of ${c.role} alone needs a temporary function in plpgsql, which is not to be had in this database.`,
			'It takes the language plpgsql and the right to temporary objects.',
		);
	if (c.superuser && c.alwaysTriggers && c.version < 170_000)
		return no(
			'An event trigger of this database fires always, and would run as superuser.',
			`Log in as ${c.role} with -U, or as a role that is no superuser.`,
		);
	if (!c.superuser && !c.roleTemporary)
		return no(
			`${c.role} may not have temporary objects in this database.`,
			`GRANT TEMPORARY ON DATABASE … TO ${c.role} allows it.`,
		);
	return undefined;
};
