import {secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import {type AdminCommand, adminName, adminStatement} from './admin.ts';
import {type Fact, fact, type Question, type QuestionContext, question} from './question.ts';

const words: Readonly<Record<AdminCommand['kind'], string>> = {
	'rollback-prepared': 'rollback',
	reload: 'reload',
	'reset-statistics': 'reset',
};

const risks: Readonly<Record<AdminCommand['kind'], string>> = {
	'rollback-prepared': 'Its changes are lost; the transaction manager may still expect to commit it.',
	reload: 'The settings in the configuration files take effect for all sessions.',
	'reset-statistics':
		'All counters of this database restart at zero: autovacuum loses its dead row counts, monitors see their rates break.',
};

/** The question before an admin command, which always needs a typed word. */
export const adminQuestion = (
	command: AdminCommand,
	{facts, ...context}: QuestionContext & {readonly facts: readonly Fact[]},
): Question =>
	question(context, {
		action: {kind: 'admin', command},
		title: titleOf(command),
		facts: [...transactionFacts(command, context.askedAt), ...facts],
		sql: adminStatement(command),
		risks: [risks[command.kind]],
		verb: 'confirm',
		word: words[command.kind],
		declineText: `${adminName(command)}: nothing done.`,
	});

const titleOf = (command: AdminCommand): string => {
	switch (command.kind) {
		case 'rollback-prepared':
			return `${adminName(command)}?`;
		case 'reload':
			return 'Reload the configuration?';
		case 'reset-statistics':
			return `Reset the statistics of ${command.database}?`;
		default:
			return command satisfies never;
	}
};

const transactionFacts = (command: AdminCommand, now: string): readonly Fact[] => {
	if (command.kind !== 'rollback-prepared') return [];
	const {owner, database, prepared} = command.transaction;
	const since = secondsBetween(prepared, now);
	return [
		fact('owner', `${owner ?? '?'} in ${database}`),
		fact('prepared', since === null ? 'at unknown time' : `${duration(since)} ago`, 'warn'),
	];
};
