import type {Past} from '../../core/history/past.ts';
import {type LockCommand, lockCommands, modeOfName} from '../../core/locks/lock-commands.ts';
import {conflictsOf, strengthOf} from '../../core/locks/modes.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {hiddenText} from '../../core/sql/hidden-text.ts';
import {statementHeadOf} from '../../core/sql/statement-head.ts';
import {rounded} from '../../core/values/units.ts';
import {relationLocks} from '../../queries/activity/relation-locks.ts';
import {rowsOf, sessionsByPid} from '../reading/answers.ts';
import {statementRows} from '../statements/rows.ts';

/**
 * Statements a second that name the table, or a partition or parent of it, and need a lock that conflicts with the command's, by
 * pg_stat_statements; null if that is unknown. It is at least that many: those that reach the table through a view or a function,
 * and those whose text is not among the ones read, are not counted.
 */
export const queuedPerSecond = (command: LockCommand, sample: Sample, past: Past): number | null => {
	if (!blocksStatements(command)) return 0;
	const database = sample.own.map(pid => sessionsByPid(sample).get(pid)?.datid ?? null).find(datid => datid !== null);
	const known = statementRows(sample, past).filter(({entry}) => entry.dbid === database);
	const [first] = known.filter(({delta}) => delta !== null);
	if (!first?.seconds) return null;
	const isNamed = naming(
		rowsOf(sample, relationLocks)
			.filter(({part}) => part === 'family')
			.map(({name}) => name),
	);
	const called = known.filter(({delta}) => (delta?.calls ?? 0) > 0);
	const calls = called
		.filter(({query}) => query !== null && isNamed(query) && conflictsWith(command, modeOfStatement(query)))
		.reduce((sum, {delta}) => sum + (delta?.calls ?? 0), 0);
	// None of those that can be read is not none.
	if (calls === 0 && called.some(({query}) => query === null || query === hiddenText)) return null;
	return rounded(calls / first.seconds);
};

/** True if ordinary statements that write, or even those that read, have to wait for the lock of a command. */
export const blocksStatements = (command: LockCommand): boolean => conflictsWith(command, 'RowExclusiveLock');

// Every statement locks the indexes of its table too, so a lock on them is in its way.
const conflictsWith = ({mode, relatives}: LockCommand, other: string): boolean =>
	[mode, ...(relatives?.index ? [relatives.index] : [])].some(
		each => (conflictsOf(strengthOf(modeOfName[each])) & (1 << strengthOf(other))) !== 0,
	);

/** Test of a statement for one of the names as a whole word, in any case. */
const naming = (names: readonly string[]): ((statement: string) => boolean) => {
	const words = names.map(name => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	const pattern = new RegExp(`(?<![\\p{L}\\p{N}_$])(?:${words.join('|')})(?![\\p{L}\\p{N}_$])`, 'iu');
	return statement => words.length > 0 && pattern.test(statement);
};

/** Lock mode that a statement takes on the table it names. */
const modeOfStatement = (statement: string): string => {
	const head = statementHeadOf(statement, 400).toLowerCase();
	if (/^(insert|update|delete|merge)\b/.test(head)) return 'RowExclusiveLock';
	if (/^with\b.*\b(insert into|update|delete from|merge into)\b/.test(head)) return 'RowExclusiveLock';
	if (/^copy\b.*\bfrom\b/.test(head)) return 'RowExclusiveLock';
	if (/\bfor (no key )?update\b|\bfor (key )?share\b/.test(head)) return 'RowShareLock';
	if (/^(select|with|table|values|copy|declare|fetch)\b/.test(head)) return 'AccessShareLock';
	const [named] = lockCommands.filter(({name}) => head.startsWith(name)).toSorted((a, b) => b.name.length - a.name.length);
	return named ? modeOfName[named.mode] : 'AccessShareLock';
};
