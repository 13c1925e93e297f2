import {defineReading, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';
import type {Row} from '../../core/sample/sample.ts';
import {type LockScope, nameOfRelation, type Scopes} from '../../core/sample/scope.ts';

/**
 * What the answers about locks in a sample are about, one row per pane: all locks (`everything`), a session by its pid, or a
 * relation by its name; `lock` is the lock mode or command of a preflight, as it was written.
 */
export const lockScopes = defineReading({
	name: 'lock_scopes',
	fields: {
		pane: textField,
		kind: textField,
		pid: nullable(int),
		relation: nullable(textField),
		lock: nullable(textField),
	},
});

/** The scope of one pane, as a sample keeps it. */
export type ScopeRow = RowOf<typeof lockScopes>;

const heldRow = (scope: LockScope): ScopeRow => ({
	pane: 'held',
	kind: scope.kind === 'everything' || scope.kind === 'session' ? scope.kind : 'relation',
	pid: scope.kind === 'session' ? scope.pid : null,
	relation: scope.kind === 'relation' ? scope.name : scope.kind === 'named' ? nameOfRelation(scope) : null,
	lock: null,
});

/** Rows of the reading, which is in every sample. */
export const scopeRows = ({held, preflight, details}: Scopes): readonly Row[] => [
	...(held ? [heldRow(held)] : []),
	...(details === undefined ? [] : [{...heldRow({kind: 'session', pid: details}), pane: 'details'}]),
	...(preflight
		? [
				{
					pane: 'preflight',
					kind: 'relation',
					pid: null,
					relation: nameOfRelation(preflight.relation),
					lock: preflight.lock,
				} satisfies ScopeRow,
			]
		: []),
];
