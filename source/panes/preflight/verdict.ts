import {answerOf} from '../../core/history/past.ts';
import {type LockCommand, modeOfName} from '../../core/locks/lock-commands.ts';
import {parseLock} from '../../core/locks/lock-request.ts';
import {strengthOf} from '../../core/locks/modes.ts';
import {type Obstacle, obstaclesTo, type TableLock} from '../../core/locks/preflight.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {plural} from '../../core/text/words.ts';
import {average} from '../../core/values/units.ts';
import {mostLocks} from '../../queries/activity/related.ts';
import {type RelationLock, relationLocks} from '../../queries/activity/relation-locks.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {lockScopes, type ScopeRow} from '../../queries/beside/scopes.ts';
import {factsOf, rowsOf, sessionsByPid} from '../reading/answers.ts';
import {statementOf} from '../reading/statement.ts';
import {blocksStatements} from './queued.ts';

/** The answer of a preflight. */
export type PreflightVerdict =
	/** The relation or the lock is not one that can be checked. */
	| {readonly kind: 'refused'; readonly message: string; readonly hint: string | undefined}
	/** Something that the answer rests on was not read. */
	| {readonly kind: 'unknown'; readonly relation: string; readonly command: LockCommand; readonly message: string}
	| {
			readonly kind: 'known';
			readonly relation: string;
			readonly command: LockCommand;
			readonly obstacles: readonly Obstacle[];
			/** Other relations of that name. */
			readonly others: readonly string[];
	  };

/** Lock mode or command that a sample's preflight is about; undefined without a preflight. */
const scopeOf = (sample: Sample): ScopeRow | undefined => rowsOf(sample, lockScopes).find(({pane}) => pane === 'preflight');

const refused = (message: string, hint?: string): PreflightVerdict => ({kind: 'refused', message, hint});

/** Relations that have no locks of their own worth asking for, by relkind. */
const unsuitable: Readonly<Record<string, string>> = {
	v: 'is a view: check the tables behind it.',
	S: 'is a sequence.',
	c: 'is a composite type.',
};

/** PreflightVerdict on the preflight of a sample; undefined without one, or before its locks were read. */
export const verdictOf: (sample: Sample) => PreflightVerdict | undefined = oncePerSample((sample: Sample) => {
	const scope = scopeOf(sample);
	const answer = answerOf(sample, relationLocks);
	if (!scope || !answer) return undefined;
	const request = parseLock(scope.lock ?? '');
	if (!request.ok) return unknownLock(scope.lock ?? '', request.nearest);
	const {command} = request;
	const relation = relationIn(answer.rows, scope.relation ?? '');
	if (typeof relation === 'object') return relation;
	const unknown = (message: string): PreflightVerdict => ({kind: 'unknown', relation, command, message});
	if (factsOf(sample)?.in_recovery === true && strengthOf(modeOfName[command.mode]) > strengthOf('RowExclusiveLock'))
		return unknown(`This server is a standby, which grants no lock stronger than ROW EXCLUSIVE: check the primary.`);
	const locks = answer.rows.filter(({mode}) => mode !== null) as readonly TableLock[];
	const obstacles = obstaclesTo(command, locks, {
		sessions: rowsOf(sample, sessions).map(session => ({...session, query: statementOf(session)})),
		own: new Set(sample.own),
		database: ownDatabaseOf(sample),
		now: sample.at,
	});
	const rest = answer.rows.find(row => row.rest !== null)?.rest ?? 0;
	if (obstacles.length === 0 && rest > 0)
		return unknown(`Only ${mostLocks} locks were read and ${plural(rest, 'was', 'were')} not: none of those conflicts.`);
	return {
		kind: 'known',
		relation,
		command,
		obstacles,
		others: answer.rows.filter(({part}) => part === 'candidate').map(({name}) => name),
	};
});

/** Refusal of a lock that does not exist. */
const unknownLock = (lock: string, nearest: readonly string[]): PreflightVerdict =>
	refused(`${JSON.stringify(lock)} is not a lock mode or a command.`, `Did you mean ${nearest.join(', ')}?`);

/** Name of the relation that was chosen, or why there is none. */
const relationIn = (rows: readonly RelationLock[], asked: string): string | PreflightVerdict => {
	const chosen = rows.find(({part}) => part === 'chosen');
	const candidates = rows.filter(({part}) => part === 'candidate').map(({name}) => name);
	if (chosen) {
		const problem = unsuitable[chosen.relkind ?? ''];
		return problem === undefined ? chosen.name : refused(`${chosen.name} ${problem}`);
	}
	if (candidates.length > 0) return refused(`${asked} is ambiguous.`, `Name the schema: ${candidates.join(', ')}.`);
	return refused(`Relation ${asked} does not exist in this database.`, 'Name its schema, or connect to its database with -d.');
};

/** Oid of our database, which the sessions of our own backends have. */
const ownDatabaseOf = (sample: Sample): number | null => {
	const byPid = sessionsByPid(sample);
	return sample.own.map(pid => byPid.get(pid)?.datid ?? null).find(datid => datid !== null) ?? null;
};

/** The verdict in sentences; `perSecond` statements would queue behind the lock, null if unknown. */
export const sentenceOf = (verdict: PreflightVerdict, perSecond: number | null): string => {
	if (verdict.kind === 'refused') return [verdict.message, verdict.hint].filter(part => part !== undefined).join(' ');
	const {command, relation} = verdict;
	const what = `${command.mode} on ${relation}${command.name.startsWith('lock table') ? '' : ` (${command.name})`}`;
	if (verdict.kind === 'unknown') return `${what}: could not tell. ${verdict.message}`;
	const {obstacles, others} = verdict;
	const lockers = obstacles.filter(({how}) => how !== 'snapshot').length;
	const parts = [
		obstacles.length === 0 ? `${what} would be granted now.` : `${what} would wait for ${namesOf(obstacles)}.`,
		lockers < obstacles.length && lockers === 0 ? 'Its lock would be granted; it then waits for their snapshots.' : '',
		obstacles.some(({yields}) => yields === true) ? 'Autovacuum yields after deadlock_timeout.' : '',
		queueSentence(command, perSecond),
		command.note ?? '',
		others.length > 0 ? `Also of that name: ${others.join(', ')}.` : '',
	];
	return parts.filter(part => part !== '').join(' ');
};

const queueSentence = (command: LockCommand, perSecond: number | null): string => {
	if (!blocksStatements(command)) return 'It blocks neither reads nor writes.';
	if (perSecond === null) return 'How many statements would queue behind it is unknown.';
	return perSecond === 0 ? 'No statement on it was seen lately.' : `${average(perSecond)} statements/s would queue behind it.`;
};

const namesOf = (obstacles: readonly Obstacle[]): string => {
	const prepared = obstacles.filter(({lock}) => lock?.pid === null).length;
	const live = obstacles.length - prepared;
	return [
		...(live > 0 ? [plural(live, 'session')] : []),
		...(prepared > 0 ? [plural(prepared, 'prepared transaction')] : []),
	].join(' and ');
};
