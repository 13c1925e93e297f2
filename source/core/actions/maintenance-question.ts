import {type Maintenance, maintenanceName, maintenanceStatement, type RelationRef} from './maintenance.ts';
import {fact, type Question, type QuestionContext, question} from './question.ts';

const does: Readonly<Record<Maintenance, string>> = {
	vacuum: 'Dead rows become free space for new ones and statistics are read anew; nobody is locked out.',
	analyze: 'The statistics that plans are made by are read anew; nobody is locked out.',
	reindex: 'Indexes are built anew beside the old ones, which takes their size once more; nobody is locked out.',
};

/**
 * The question before a task on a relation. `about` says what the pane knows of it, `holder` who keeps VACUUM from removing what is
 * dead: then it is said before that it will not help.
 */
export const maintenanceQuestion = (
	task: Maintenance,
	relation: RelationRef,
	given: QuestionContext & {readonly about: string; readonly holder: string | undefined},
): Question => {
	const held =
		task === 'vacuum' && given.holder !== undefined ? [fact('held', `It will not help much: ${given.holder}`, 'warn', 3)] : [];
	return question(given, {
		action: {kind: 'maintain', maintenance: task, relation},
		title: `${maintenanceName[task]} of ${relation.name}?`,
		facts: [
			fact(relation.kind, `${relation.name} in ${relation.database}`),
			...held,
			...(given.about === '' ? [] : [fact('size', given.about)]),
			fact('does', does[task]),
			fact('while', 'It runs unthrottled on a connection of its own; the same key again cancels it.'),
		],
		sql: maintenanceStatement(task, relation.kind, relation.name),
		risks: [],
		verb: 'begins it',
		word: task,
		declineText: `${maintenanceName[task]} of ${relation.name} was not begun.`,
	});
};
