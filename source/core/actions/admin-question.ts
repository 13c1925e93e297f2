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
	'rollback-prepared': 'What it changed is lost, and whoever coordinates it may believe that it was prepared to be committed.',
	reload: 'What stands in the configuration files now takes effect for every session.',
	'reset-statistics':
		'All counters of this database begin at zero: autovacuum forgets how much is dead, and every monitor sees its rates break.',
};

/** The question before an order, which always wants a typed word; `facts` are what is known of what it touches. */
export const adminQuestion = (command: AdminCommand, given: QuestionContext & {readonly facts: readonly Fact[]}): Question =>
	question(given, {
		action: {kind: 'admin', command},
		title: `${adminName(command)}?`,
		facts: [...ownFacts(command, given.askedAt), ...given.facts],
		sql: adminStatement(command),
		risks: [risks[command.kind]],
		verb: 'does it',
		word: words[command.kind],
		declineText: `${adminName(command)}: nothing was done.`,
	});

const ownFacts = (order: AdminCommand, now: string): readonly Fact[] => {
	if (order.kind !== 'rollback-prepared') return [];
	const {owner, database, prepared} = order.transaction;
	const since = secondsBetween(prepared, now);
	return [
		fact('owner', `${owner ?? '?'} in ${database}`),
		fact('prepared', since === null ? 'at an unknown time' : `${duration(since)} ago`, 'warn'),
	];
};
