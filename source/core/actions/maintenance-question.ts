import {type Maintenance, maintenanceName, maintenanceStatement, type RelationRef} from './maintenance.ts';
import {fact, type Question, type QuestionContext, question} from './question.ts';

const effects: Readonly<Record<Maintenance, string>> = {
	vacuum: 'Makes dead rows reusable, refreshes statistics; reads and writes continue.',
	'vacuum-parallel':
		'Makes dead rows reusable with up to 4 workers for indexes, within max_parallel_maintenance_workers; reads and writes continue.',
	'vacuum-quick': 'Freezes rows and leaves indexes as they are, so that it ends sooner; VACUUM later cleans them.',
	analyze: 'Refreshes planner statistics; reads and writes continue.',
	repack: 'Rewrites the table without dead rows (needs its size again), blocks it for a moment at the end.',
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
		maintenance.startsWith('vacuum') && holder !== undefined ? [fact('horizon', `Will not help much: ${holder}`, 'warn', 3)] : [];
	return question(context, {
		action: {kind: 'maintain', maintenance, relation},
		title: `${maintenanceName[maintenance]} of ${relation.name}?`,
		facts: [
			fact(relation.kind, `${relation.name} in ${relation.database}`),
			...warning,
			...(about === '' ? [] : [fact('size', about)]),
			fact('effect', effects[maintenance]),
			fact('runs', 'Unthrottled, on its own connection; the same key or menu entry cancels it.'),
		],
		sql: maintenanceStatement(maintenance, relation.kind, relation.name),
		risks: [],
		verb: 'start',
		word: maintenance,
		declineText: `${maintenanceName[maintenance]} of ${relation.name} not started.`,
	});
};
