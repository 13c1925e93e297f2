import {cleanLines} from '../text/clean.ts';
import {secondsBetween} from '../values/instant.ts';
import {duration, shortCount} from '../values/units.ts';
import {type AdminCommand, adminName, adminStatement} from './admin.ts';
import {isPoolerCommand} from './pooler.ts';
import {poolerFacts, poolerTitle} from './pooler-facts.ts';
import {type Fact, fact, type Question, type QuestionContext, question} from './question.ts';
import {slotCautions, slotFacts} from './slot.ts';

const consequences: Readonly<Record<AdminCommand['kind'], string>> = {
	'rollback-prepared': 'Its changes are lost; the transaction manager may still expect to commit it.',
	reload: 'The settings in the configuration files take effect for all sessions.',
	'reset-statistics':
		'All counters of this database restart at zero: autovacuum loses its dead row counts, monitors see their rates break.',
	'drop-slot': 'Its consumer cannot continue from here.',
	'reset-statement': 'Its counters restart at zero; monitors see its rates break.',
	'reset-statements': 'The counters of all statements restart at zero; monitors see their rates break.',
	'pooler-pause': 'All its clients wait until RESUME. Running transactions finish first; after 30 s without that it is resumed.',
	'pooler-resume': 'Its waiting clients go on at once.',
	'pooler-reconnect': 'Its servers are closed and opened again, each once its client has released it.',
	'pooler-kill-client': 'Its connection is closed and its transaction rolled back.',
};

const verbs: Readonly<Record<AdminCommand['kind'], string>> = {
	'rollback-prepared': 'roll back',
	reload: 'reload',
	'reset-statistics': 'reset',
	'drop-slot': 'drop',
	'reset-statement': 'reset',
	'reset-statements': 'reset',
	'pooler-pause': 'pause',
	'pooler-resume': 'resume',
	'pooler-reconnect': 'reconnect',
	'pooler-kill-client': 'kill',
};

// What is lost for good, or halts many clients, needs a typed word.
const wordOf = (command: AdminCommand): {readonly word: string; readonly isRisk: boolean} => {
	switch (command.kind) {
		case 'rollback-prepared':
			return {word: 'rollback', isRisk: true};
		case 'drop-slot':
			return {word: command.slot.name, isRisk: true};
		case 'reload':
			return {word: 'reload', isRisk: false};
		case 'reset-statistics':
		case 'reset-statement':
		case 'reset-statements':
			return {word: 'reset', isRisk: false};
		case 'pooler-pause':
			return {word: command.pool.database, isRisk: true};
		case 'pooler-resume':
		case 'pooler-reconnect':
			return {word: command.pool.database, isRisk: false};
		case 'pooler-kill-client':
			return {word: 'kill', isRisk: false};
		default:
			return command satisfies never;
	}
};

/** The question before an admin command; needs a typed word if something is lost for good. */
export const adminQuestion = (
	command: AdminCommand,
	{facts, ...context}: QuestionContext & {readonly facts: readonly Fact[]},
): Question => {
	const {word, isRisk} = wordOf(command);
	const sentence = consequences[command.kind];
	return question(context, {
		action: {kind: 'admin', command},
		title: titleOf(command),
		facts: [...targetFacts(command, context.askedAt), ...facts],
		sql: adminStatement(command),
		cautions: [...(isRisk ? [] : [sentence]), ...(command.kind === 'drop-slot' ? slotCautions(command.slot) : [])],
		risks: isRisk ? [sentence] : [],
		verb: verbs[command.kind],
		word,
		declineText: `${adminName(command)}: nothing done.`,
	});
};

const titleOf = (command: AdminCommand): string => {
	if (isPoolerCommand(command)) return poolerTitle(command);
	switch (command.kind) {
		case 'rollback-prepared':
			return `${adminName(command)}?`;
		case 'reload':
			return 'Reload the configuration?';
		case 'reset-statistics':
			return `Reset the statistics of ${command.database}?`;
		case 'drop-slot':
			return `Drop replication slot ${command.slot.name}?`;
		case 'reset-statement':
			return `Reset statement ${command.entry.queryid} in pg_stat_statements?`;
		case 'reset-statements':
			return 'Reset all of pg_stat_statements?';
		default:
			return command satisfies never;
	}
};

const targetFacts = (command: AdminCommand, now: string): readonly Fact[] => {
	if (isPoolerCommand(command)) return poolerFacts(command);
	switch (command.kind) {
		case 'rollback-prepared': {
			const {owner, database, prepared} = command.transaction;
			const since = secondsBetween(prepared, now);
			return [
				fact('owner', `${owner ?? '?'} in ${database}`),
				fact('prepared', since === null ? 'at unknown time' : `${duration(since)} ago`, 'warn'),
			];
		}
		case 'drop-slot':
			return slotFacts(command.slot).map(({label, text, tone}) => fact(label, text, tone, 3));
		case 'reset-statement': {
			const {usename, datname, query, calls} = command.entry;
			const text = cleanLines(query ?? '?')
				.map(part => part.trim())
				.join(' ');
			return [fact('runs', text), fact('role', `${usename ?? '?'}@${datname}, ${shortCount(calls)} calls`)];
		}
		case 'reset-statements':
			return [fact('of', `all databases, from ${command.statistics.database}`)];
		case 'reload':
		case 'reset-statistics':
			return [];
		default:
			return command satisfies never;
	}
};
