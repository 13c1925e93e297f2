import {expect, it} from 'vitest';
import type {Sample} from '../../source/core/sample/sample.ts';
import {textOf} from '../../source/core/text/line.ts';
import {progressPane} from '../../source/panes/progress.ts';
import {samplesOf} from '../screens/recorded.ts';

it('the page of a long command shows its statement with its line breaks', () => {
	const sample = samplesOf('trouble-18').findLast(({results}) => results.progress?.ok && results.progress.rows.length > 0);
	if (!sample?.results.sessions?.ok || !sample.results.progress?.ok) throw new Error('The recording has no long command.');
	const pid = sample.results.progress.rows[0]?.pid;
	const sessions = sample.results.sessions.rows.map(row => (row.pid === pid ? {...row, query: 'vacuum\n\tbig\u202e'} : row));
	const results = {...sample.results, sessions: {...sample.results.sessions, rows: sessions}};
	const changed: Sample = {...sample, results};
	const row = progressPane.rows(changed, [changed]).find(each => each.pid === pid) ?? expect.fail();
	const lines = progressPane.inspect(row, changed, 80, [changed]).map(textOf);
	expect(lines.slice(lines.indexOf('Statement'))).toEqual(['Statement', '  vacuum', '      big\\u202e']);
});
