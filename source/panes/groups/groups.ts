import type {Past} from '../../core/history/past.ts';
import {age, type Column, count, size, text} from '../../core/pane/column.ts';
import {tagOfGrouping} from '../../core/pane/grouping.ts';
import {definePane, type Pane} from '../../core/pane/pane.ts';
import type {Row, Sample, Value} from '../../core/sample/sample.ts';
import type {Tone} from '../../core/text/line.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {rowsOf} from '../reading/answers.ts';
import {hiddenAmong} from '../reading/hidden.ts';
import {liveTempOf} from '../reading/temp-files.ts';
import {type SessionRow, sessionRows} from '../sessions/rows.ts';
import {sessionsPane} from '../sessions/sessions.ts';
import {type GroupRow, groupRows} from './rows.ts';

const titles: Readonly<Record<string, string>> = {
	application: 'APPLICATION',
	user: 'USER',
	client: 'CLIENT',
	database: 'DATABASE',
	state: 'STATE',
	wait: 'WAIT',
	query: 'QUERY',
};

const titleOf = (by: string): string => titles[by] ?? (tagOfGrouping(by) ?? by).toUpperCase();

const nobody = '(none)';

const warnsIfAny = (value: Value): Tone => (typeof value === 'number' && value > 0 ? 'warn' : 'calm');

const groupColumn = (by: string): Column<GroupRow> => ({
	...text<GroupRow>('group', 'Common value of the sessions; (none) for those without one.', row => row.group, {
		title: titleOf(by),
		keep: 99,
		width: {min: 12, max: 40, grow: by === 'query'},
	}),
	format: value => (value === null ? nobody : String(value)),
});

const columnsBy = (by: string): readonly Column<GroupRow>[] => [
	groupColumn(by),
	count('total', 'Sessions in the group, without background processes.', row => row.total, {keep: 95, stays: true}),
	count('active', 'Sessions that run a statement.', row => row.active, {keep: 90, stays: true}),
	count('waiting', 'Sessions that wait for a lock.', row => row.waiting, {
		keep: 88,
		width: {min: 7},
		tone: warnsIfAny,
		stays: true,
	}),
	count('idle_in_transaction', 'Sessions idle in a transaction.', row => row.idle_in_transaction, {
		title: 'IDLE IN XACT',
		brief: 'IN XACT',
		keep: 86,
		width: {min: 7, max: 12},
		stays: true,
	}),
	count('idle', 'Idle sessions.', row => row.idle, {keep: 80, stays: true}),
	age('oldest_xact_seconds', 'Age of their oldest transaction.', (row, now) => secondsBetween(row.oldest_xact, now), {
		title: 'OLDEST XACT',
		brief: 'XACT',
		keep: 84,
		width: {min: 6, max: 11},
	}),
	age('longest_idle_seconds', 'Longest time that one of them has been idle.', (row, now) => secondsBetween(row.idle_since, now), {
		title: 'LONGEST IDLE',
		brief: 'IDLE S',
		keep: 70,
		width: {min: 6, max: 12},
	}),
	size('temp_bytes', 'Temporary files that they have now.', row => row.temp_bytes, {
		title: 'TEMP',
		keep: 60,
		present: sample => liveTempOf(sample) !== undefined,
	}),
	count(
		'cpu_percent',
		'CPU time of their processes in percent of one CPU; only on the server’s own host.',
		row => row.cpu_percent,
		{
			title: 'CPU%',
			aliases: ['cpu'],
			keep: 65,
			format: value => (Number(value) < 9.95 ? Number(value).toFixed(1) : String(Math.round(Number(value)))),
			present: sample => sessionsPane.columns.find(({id}) => id === 'cpu_percent')?.present(sample) === true,
		},
	),
];

/** Test of the sessions to group. */
type Test = (row: Row, now: Instant) => boolean;

/** Sessions of a sample that pass a test. */
const passing = (sample: Sample, past: Past, test: Test | undefined): readonly SessionRow[] => {
	if (!test) return sessionRows(sample);
	const rows = sessionsPane.rows(sample, past);
	return sessionRows(sample).filter((_, index) => test(rows[index] as Row, sample.at));
};

const formBy = (by: string, test?: Test): Pane =>
	definePane<GroupRow>({
		id: 'groups',
		title: 'Groups',
		tab: 'Groups',
		help: 'Sessions grouped by application, user, client, database, state, wait, statement or a tag of its comment, worst first.',
		queries: sessionsPane.queries,
		named: true,
		pointed: true,
		aspect: by,
		form: ({group}) => groupsBy(group),
		rows: (sample, past) => groupRows(passing(sample, past, test), by),
		headline: () => ({text: `Sessions by ${by}. Enter shows those of a group, u groups by the next.`, tone: 'dim'}),
		identity: row => row.name,
		leads: row => ({pane: sessionsPane.id, identity: null, filter: row.filter}),
		drill: row => ({pane: sessionsPane.id, identity: null, filter: row.filter}),
		copied: row => row.group ?? nobody,
		empty: 'No sessions.',
		hidden: sample => hiddenAmong(sample, rowsOf(sample, sessions)),
		columns: columnsBy(by),
	});

const mostForms = 32;
let forms = new Map<string, Pane>();

/** Sessions grouped by `by`; without a test the same pane for the same grouping, while not more than a few dozen are in use. */
export const groupsBy = (by: string, test?: Test): Pane => {
	if (test) return formBy(by, test);
	const form = forms.get(by) ?? formBy(by);
	if (forms.size >= mostForms && !forms.has(by)) forms = new Map();
	forms.set(by, form);
	return form;
};

/** Sessions grouped by application, until another grouping is chosen. */
export const groupsPane = groupsBy('application');
