import type {Failure} from '../sample/sample.ts';
import {identifier} from '../values/quote.ts';

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

/** Grant that lets the login plan as the role. Since 16 it need not give the login the privileges of the role. */
const grantOf = ({role, login, version}: Circumstances): string =>
	`GRANT ${identifier(role)} TO ${identifier(login)}${version >= 160_000 ? ' WITH INHERIT FALSE, SET TRUE' : ''}`;

const no = (message: string, hint: string): Failure => ({code: 'explain', message, hint});

/**
 * Chooses how to plan a text of a role. The planner executes functions that the text names, and the role may have written them:
 * they must not get a privilege that the role does not have. If that is impossible the plan is refused, or needs consent if little
 * can be gained.
 */
export const wayOf = (c: Circumstances): Way | Failure => {
	if (!c.ours)
		return no(
			`The session does not run as ${c.login}: privileges of its statements are unknown.`,
			'Connect directly to the server, as the role to use.',
		);
	if (c.oid === 0) return no(`Role ${c.role} no longer exists.`, 'Its statement cannot be planned with its privileges.');
	if (c.isLogin && !c.roleSuperuser) return {by: 'session', rights: 'role', risks: []};
	if (c.roleSuperuser && c.superuser)
		return {
			by: 'session',
			rights: 'login',
			risks: [
				`${c.role} is a superuser: planning runs the statement's functions as superuser, even those written by other roles.`,
			],
		};
	if (!c.roleSuperuser && (c.superuser || c.canBecome)) {
		const why = withoutFunction(c);
		if (why === undefined) return {by: 'function', rights: 'role', risks: []};
		if (c.superuser) return why;
	}
	if (c.powers !== null)
		return no(
			`${c.login} can become ${c.powers}: so could functions of the statement while it is planned.`,
			c.roleSuperuser
				? `Log in as a superuser.`
				: `Log in as ${c.role} or as a superuser, or ${grantOf(c)}: it is then planned with only the privileges of ${c.role}.`,
		);
	return {
		by: 'session',
		rights: 'login',
		risks: [
			`Planning runs with the privileges of ${c.login}: so do the statement's functions, even those written by other roles.`,
		],
	};
};

/** Reason why no function can be given to the role. */
const withoutFunction = (c: Circumstances): Failure | undefined => {
	if (c.inRecovery)
		return no(
			`On a standby a superuser cannot plan with only the privileges of ${c.role}.`,
			`Explain it on the primary, or log in to the standby with -U ${c.role}.`,
		);
	if (!c.makesFunctions)
		return no(
			`Planning with only the privileges of ${c.role} needs a temporary function in plpgsql, which this database does not allow.`,
			'It needs the language plpgsql and the TEMPORARY privilege.',
		);
	if (c.superuser && c.alwaysTriggers && c.version < 170_000)
		return no(
			'An event trigger of this database always fires, and would run as superuser.',
			`Log in with -U ${c.role}, or as a role that is not a superuser.`,
		);
	if (!c.superuser && !c.roleTemporary)
		return no(
			`${c.role} may not create temporary objects in this database.`,
			`GRANT TEMPORARY ON DATABASE … TO ${identifier(c.role)} allows it.`,
		);
	return undefined;
};
