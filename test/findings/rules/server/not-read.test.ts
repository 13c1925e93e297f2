import {describe, expect, it} from 'vitest';
import {rules} from '../../../../source/findings/index.ts';
import {paneOf} from '../../../../source/findings/rules/server/not-read.ts';
import {registry} from '../../../../source/panes/index.ts';
import {databaseNames} from '../../../../source/queries/activity/sessions.ts';
import {facts} from '../../../../source/queries/server/server.ts';

const queries = [...new Set(rules.flatMap(rule => rule.queries))];

describe('what was not read', () => {
	// The facts belong to every pane and none; names of databases are columns of many.
	it.each(queries.filter(query => query !== facts && query !== databaseNames).map(query => [query.name, query] as const))(
		'leads from %s to a pane that shows it',
		(_, query) => {
			expect(registry.pane(paneOf(query)).queries.map(({name}) => name)).toContain(query.name);
		},
	);
});
