import {type Maintenance, maintenanceName, maintenanceStatement, type RelationRef} from './maintenance.ts';
import {fact, type Question, type QuestionContext, question} from './question.ts';

const effects: Readonly<Record<Maintenance, string>> = {
	vacuum: 'Makes dead rows reusable, refreshes statistics; reads and writes continue.',
	analyze: 'Refreshes planner statistics; reads and writes continue.',
	reindex: 'Rebuilds indexes beside the old ones (needs their size again); reads and writes continue.',
};

/**
 * The question before maintenance of a relation. `about` is its size as shown by the pane; `holder` is a sentence on what holds
 * xmin back, a warning that VACUUM will not help.
 */
export const maintenanceQuestion = (
	maintenance: Maintenance,
	relation: RelationRef,
	{about, holder, ...context}: QuestionContext & {readonly about: string; readonly holder: string | undefined},
): Question => {
	const warning =
		maintenance === 'vacuum' && holder !== undefined ? [fact('horizon', `Will not help much: ${holder}`, 'warn', 3)] : [];
	return question(context, {
		action: {kind: 'maintain', maintenance, relation},
		title: `${maintenanceName[maintenance]} of ${relation.name}?`,
		facts: [
			fact(relation.kind, `${relation.name} in ${relation.database}`),
			...warning,
			...(about === '' ? [] : [fact('size', about)]),
			fact('effect', effects[maintenance]),
			fact('runs', 'Unthrottled, on its own connection; the same key cancels it.'),
		],
		sql: maintenanceStatement(maintenance, relation.kind, relation.name),
		risks: [],
		verb: 'start',
		word: maintenance,
		declineText: `${maintenanceName[maintenance]} of ${relation.name} not started.`,
	});
};
