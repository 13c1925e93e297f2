import {answerOf} from '../core/history/past.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Timeout, type TimeoutSetting, timeoutOf} from '../core/sql/timeout.ts';
import type {Session} from '../queries/activity/sessions.ts';
import {roleTimeouts} from '../queries/server/roles.ts';

/** Advice on a timeout: a sentence behind the remedy, empty if there is nothing to say, and the statement that `y` copies. */
type TimeoutAdvice = {readonly sentence: string; readonly copies: string | undefined};

const off = /^0\D*$/;

/** Value of a timeout that is set for the role of a session, its database or both; null if none is, undefined if that was not read. */
const ownTimeout = ({usesysid, datid}: Session, {setting}: Timeout, sample: Sample): string | null | undefined => {
	const answer = answerOf(sample, roleTimeouts);
	if (!answer || usesysid === null) return undefined;
	const rows = answer.rows
		.filter(row => row.name === setting && (row.roleid === usesysid || row.roleid === 0))
		.filter(row => row.datid === datid || row.datid === 0)
		// As the server applies them: a role in a database, then the role, then the database.
		.toSorted((a, b) => Number(b.roleid !== 0) - Number(a.roleid !== 0) || Number(b.datid !== 0) - Number(a.datid !== 0));
	return rows[0]?.setting ?? null;
};

/** Advice on the timeout that would have ended what a session does: named if it is missing, with its ALTER ROLE to copy. */
export const timeoutAdvice = (setting: TimeoutSetting, session: Session | undefined, sample: Sample): TimeoutAdvice => {
	if (session?.usename == null) return {sentence: '', copies: undefined};
	const timeout = timeoutOf(setting, session.usename);
	const own = ownTimeout(session, timeout, sample);
	if (own === undefined) return {sentence: '', copies: timeout.statement};
	if (own !== null && !off.test(own)) return {sentence: ` ${setting} of ${session.usename} is ${own}.`, copies: undefined};
	return {sentence: ` ${setting} is not set for ${session.usename}: y copies ${timeout.statement}`, copies: timeout.statement};
};
