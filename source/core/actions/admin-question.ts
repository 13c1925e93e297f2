import {secondsBetween} from '../values/instant.ts';
import {duration} from '../values/units.ts';
import {type Order, orderName, orderStatement} from './admin.ts';
import {type Asked, type Fact, fact, type Question, question} from './question.ts';

const words: Readonly<Record<Order['kind'], string>> = {
	'rollback-prepared': 'rollback',
	reload: 'reload',
	'reset-statistics': 'reset',
};

const risks: Readonly<Record<Order['kind'], string>> = {
	'rollback-prepared': 'What it changed is lost, and whoever coordinates it may believe that it was prepared to be committed.',
	reload: 'What stands in the configuration files now takes effect for every session.',
	'reset-statistics':
		'All counters of this database begin at zero: autovacuum forgets how much is dead, and every monitor sees its rates break.',
};

/** The question before an order, which always wants a typed word; `facts` are what is known of what it touches. */
export const orderQuestion = (order: Order, given: Asked & {readonly facts: readonly Fact[]}): Question =>
	question(given, {
		deed: {kind: 'order', order},
		title: `${orderName(order)}?`,
		facts: [...ownFacts(order, given.askedAt), ...given.facts],
		sql: orderStatement(order),
		risks: [risks[order.kind]],
		does: 'does it',
		word: words[order.kind],
		declined: `${orderName(order)}: nothing was done.`,
	});

const ownFacts = (order: Order, now: string): readonly Fact[] => {
	if (order.kind !== 'rollback-prepared') return [];
	const {owner, database, prepared} = order.transaction;
	const since = secondsBetween(prepared, now);
	return [
		fact('owner', `${owner ?? '?'} in ${database}`),
		fact('prepared', since === null ? 'at an unknown time' : `${duration(since)} ago`, 'warn'),
	];
};
