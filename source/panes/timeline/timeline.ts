import {amount, count, ratio, text} from '../../core/pane/column.ts';
import {literalValue} from '../../core/pane/filter-value.ts';
import {definePane, type RowRef} from '../../core/pane/pane.ts';
import {cleanLines} from '../../core/text/clean.ts';
import {type Line, line} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {average} from '../../core/values/units.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {statementTexts} from '../../queries/activity/statements.ts';
import {waitSamples} from '../../queries/activity/waits.ts';
import {host} from '../../queries/beside/host.ts';
import {rowsOf} from '../reading/answers.ts';
import {hiddenAmong} from '../reading/hidden.ts';
import {indented} from '../reading/indented.ts';
import {loadClassOf, loadOf} from '../reading/load.ts';
import {signalTarget} from '../reading/target.ts';
import {sessionsPane} from '../sessions/sessions.ts';
import {subjectOf} from '../statements/subject.ts';
import {type LoadRow, loadRows} from './rows.ts';
import {meaningOf, meaningOfType} from './wait-events.ts';

/** What a class, an event or a statement consists of: a filter of this pane, and in the end the sessions. */
const partsOf = (row: LoadRow): RowRef | undefined => {
	const type = `wait_event_type=${literalValue(row.wait_event_type)}`;
	switch (row.level) {
		case 'class':
			return {pane: 'timeline', identity: null, filter: type};
		case 'event':
			return {pane: 'timeline', identity: null, filter: `${type} wait_event=${literalValue(row.wait_event ?? '')}`};
		case 'statement':
			return row.query_id === null ? undefined : {pane: sessionsPane.id, identity: null, filter: `query_id=${row.query_id}`};
		case 'session':
			return undefined;
		default:
			return row.level satisfies never;
	}
};

/** Load over time, which the registry draws above the table, and what it consists of at the shown moment. */
export const timelinePane = definePane<LoadRow>({
	id: 'timeline',
	keys: ['S'],
	title: 'Timeline',
	help: 'Load over time by wait class; left and right move the moment, + and - zoom. The table shows what ran then.',
	queries: [sessions, waitSamples, statementTexts, host],
	named: true,
	composed: true,
	rates: true,
	rows: loadRows,
	identity: row => row.path,
	target: (row, sample) => (row.pid === null ? undefined : signalTarget(row.pid, sample)),
	leads: row => (row.pid === null ? undefined : {pane: sessionsPane.id, identity: `${row.pid}@${row.backend_start}`}),
	drill: partsOf,
	subject: (row, sample) => (row.pid === null ? undefined : subjectOf(row.pid, sample)),
	copied: row => (row.level === 'class' || row.level === 'event' ? row.path.replace(/\/$/, '') : (row.meaning ?? row.path)),
	empty: sample => {
		const {known, unknown} = loadOf(sample);
		if (known === 'all') return 'No session was active at this moment.';
		return unknown > 0
			? `The activity of ${plural(unknown, 'session')} is not visible to this role.`
			: 'The sessions could not be read.';
	},
	hidden: sample => hiddenAmong(sample, rowsOf(sample, sessions)),
	columns: [
		text('load', 'Wait class, its events, the statements in them, and the sessions that ran them.', row => row.tree, {
			keep: 99,
			width: {min: 22, max: 30},
			tone: (_, row) => (row.level === 'class' ? loadClassOf(row.wait_event_type).tone : 'calm'),
		}),
		amount('average_active_sessions', 'Average active sessions over the last 5 s.', row => row.average, {
			title: 'ACTIVE',
			aliases: ['aas', 'active'],
			keep: 95,
			width: {min: 7},
			format: value => average(Number(value)),
		}),
		ratio('share', 'Share of all active sessions.', row => row.share, {keep: 80, width: {min: 5}}),
		text('meaning', 'What the wait means; for statements and sessions, what they run.', row => row.meaning, {
			keep: 90,
			width: {min: 20, grow: true},
		}),
		text('level', 'Class, event, statement or session.', row => row.level),
		text('wait_event_type', 'Wait event type; CPU means that the session does not wait.', row => row.wait_event_type),
		text('wait_event', 'Wait event.', row => row.wait_event),
		text('query_id', 'Query identifier.', row => row.query_id),
		count('pid', 'Process id of a session.', row => row.pid),
	],
	inspect: (row, _, width) => [
		line(row.wait_event === null ? row.wait_event_type : `${row.wait_event_type}/${row.wait_event}`, 'strong'),
		...indented(
			row.wait_event === null ? meaningOfType(row.wait_event_type) : meaningOf(row.wait_event_type, row.wait_event),
			width,
		),
		...(row.level === 'statement' || row.level === 'session' ? statementLines(row.meaning ?? '') : []),
	],
});

const statementLines = (statement: string): readonly Line[] => [[], ...cleanLines(statement).map(text => line(text))];
