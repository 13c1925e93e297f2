import type {Past} from '../../core/history/past.ts';
import {above, age, amount, type Column, count, text} from '../../core/pane/column.ts';
import {definePane} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {type Line, line, type Tone} from '../../core/text/line.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {relationName} from '../../core/values/quote.ts';
import {shortCount} from '../../core/values/units.ts';
import {horizon} from '../../queries/activity/horizon.ts';
import {databaseNames, sessions} from '../../queries/activity/sessions.ts';
import {pulse} from '../../queries/server/server.ts';
import {freezeAges, oldestTables} from '../../queries/storage/freeze.ts';
import {factsOf} from '../reading/answers.ts';
import {hiddenAmong} from '../reading/hidden.ts';
import {indented} from '../reading/indented.ts';
import {defineSection, note, type Remark, remarksOf, type SectionRow, sectionsOf} from '../reading/sections.ts';
import {signalTarget} from '../reading/target.ts';
import {slotOf} from '../replication/slot-ref.ts';
import {sessionsPane} from '../sessions/sessions.ts';
import {culpritOf, holdsTables, troubleAges, troubleSeconds} from './culprit.ts';
import {type Holder, type HorizonEffect, holderName, holdersOf, holdingSessions} from './holders.ts';
import {
	type DatabaseAge,
	databaseAgeColumns,
	databaseAges,
	databaseRemarks,
	type TableAge,
	tableAgeColumns,
	tableAges,
	tableRemarks,
} from './wraparound.ts';

type HorizonRow = Holder | DatabaseAge | TableAge;

const sectionColumn = text<HorizonRow>('section', 'Section: horizon, wraparound or tables.', row => row.section);

const databaseColumn = text<Holder | DatabaseAge>('datname', 'Database of the row.', row => row.datname, {
	title: 'DATABASE',
	aliases: ['database', 'db'],
	keep: 40,
	width: {min: 14, max: 24},
});

// Only holders that affect tables of the connected database are a problem.
const toneOf =
	(warn: number, danger: number) =>
	(value: Value, row: Holder): Tone =>
		holdsTables(row) && (row.xmin_age ?? 0) > 0 ? above(warn, danger)(value) : 'calm';

const shortKinds: Readonly<Record<string, string>> = {
	'prepared transaction': 'prepared xact',
	'standby feedback': 'standby',
};
const shortEffects: Readonly<Record<HorizonEffect, string>> = {
	'all tables of this database': 'this database',
	'tables of the primary': 'the primary',
	'system catalogs only': 'system catalogs',
	'shared catalogs only': 'shared catalogs',
};

const holderColumns: readonly Column<Holder>[] = [
	text('holder', 'Holder: a session, a prepared transaction (gid), a slot, a standby behind its walsender.', row => row.holder, {
		keep: 99,
		width: {min: 20, max: 30},
	}),
	text('kind', 'Kind of holder.', row => row.kind, {
		keep: 70,
		width: {min: 13},
		format: value => shortKinds[String(value)] ?? String(value),
	}),
	amount('xmin_age', 'Age of the xmin it holds, in transactions.', row => row.xmin_age, {
		title: 'XMIN AGE',
		aliases: ['xmin'],
		keep: 95,
		width: {min: 8},
		tone: toneOf(...troubleAges),
	}),
	amount('catalog_xmin_age', 'Age of the catalog xmin it holds, in transactions.', row => row.catalog_xmin_age, {
		title: 'CATALOG',
		keep: 60,
		width: {min: 7},
	}),
	age(
		'since_seconds',
		'Time since its transaction began or was prepared, or since the slot was last used (17 and later).',
		(row, now) => secondsBetween(row.since, now),
		{title: 'SINCE', aliases: ['age'], keep: 90, tone: toneOf(...troubleSeconds)},
	),
	text('effect', 'Tables that VACUUM cannot clean because of it.', row => row.effect, {
		keep: 80,
		width: {min: 15},
		format: (_, row) => shortEffects[row.effect],
	}),
	text('remedy', 'Command or key that ends it.', row => row.remedy, {keep: 55, width: {min: 20, max: 80, grow: true}}),
	text('state', 'State of the session, slot or transaction.', row => row.state, {keep: 50, width: {min: 12, max: 19}}),
	count('pid', 'Process id; for a slot, of its walsender.', row => row.pid, {width: {min: 7}}),
	text('gid', 'Name of the prepared transaction.', row => row.gid),
	text('slot_name', 'Name of the replication slot.', row => row.slot_name, {title: 'SLOT'}),
	text('usename', 'Role of the session or owner of the prepared transaction.', row => row.usename, {
		title: 'USER',
		aliases: ['user', 'role'],
	}),
	text('application_name', 'Application name.', row => row.application_name, {
		title: 'APPLICATION',
		aliases: ['app', 'application'],
	}),
	databaseColumn,
	sectionColumn,
];

const effects: Readonly<Record<HorizonEffect, string>> = {
	'all tables of this database': 'VACUUM keeps the rows that died since then in every table of this database.',
	'tables of the primary':
		'With hot_standby_feedback on, the primary keeps the row versions this standby needs; with it off, replay waits instead.',
	'system catalogs only': 'VACUUM keeps the rows that died since then in the system catalogs; it cleans user tables.',
	'shared catalogs only': 'It is in another database: here it affects only the shared catalogs.',
};

const holderRemarks = (row: Holder, sample: Sample): readonly Remark[] => {
	const culprit = culpritOf(sample);
	return remarksOf([
		// By name: rows and culprit are remembered apart, so that one of them may be made again.
		culprit !== undefined &&
			holderName(culprit.holder) === holderName(row) && {text: culprit.sentence, tone: culprit.isTrouble ? 'danger' : 'calm'},
		note(effects[row.effect]),
		note(row.remedy),
	]);
};

const sections = [
	defineSection<Holder>({
		id: 'horizon',
		title: 'Holders of xmin',
		rows: holdersOf,
		name: holderName,
		columns: holderColumns,
		remarks: holderRemarks,
	}),
	defineSection<DatabaseAge>({
		id: 'wraparound',
		title: 'Databases',
		rows: databaseAges,
		name: row => String(row.datid),
		columns: [databaseColumn, ...databaseAgeColumns, sectionColumn],
		remarks: databaseRemarks,
	}),
	defineSection<TableAge>({
		id: 'tables',
		title: 'Tables',
		rows: tableAges,
		name: row => String(row.oid),
		columns: [...tableAgeColumns, sectionColumn],
		remarks: tableRemarks,
	}),
];

const sectionOf = ({section}: SectionRow): (typeof sections)[number] | undefined => sections.find(({id}) => id === section);

const isHolder = (row: HorizonRow): row is Holder => row.section === 'horizon';

/** Inspect lines of the holding session, from the Sessions pane. */
const sessionLines = (row: Holder, sample: Sample, width: number, past: Past): readonly Line[] => {
	const session = sessionsPane.rows(sample, past).find(each => `${each.pid}@${each.backend_start}` === holderName(row));
	return session ? [[], ...sessionsPane.inspect(session, sample, width, past)] : [];
};

/** Holders of xmin, worst first, and the distance of databases and tables from wraparound. */
export const horizonPane = definePane<HorizonRow>({
	id: 'horizon',
	keys: ['9'],
	title: 'Horizon',
	help: 'Sessions, prepared transactions and slots that hold xmin back, worst first; distance of databases from wraparound.',
	queries: [horizon, sessions, databaseNames, pulse, freezeAges, oldestTables],
	rows: (sample, past) => [...holdersOf(sample), ...databaseAges(sample, past), ...tableAges(sample)],
	identity: row => `${row.section} ${sectionOf(row)?.name(row)}`,
	prepared: row =>
		isHolder(row) && row.gid !== null && row.datname !== null && row.since !== null
			? {gid: row.gid, database: row.datname, prepared: row.since, owner: row.usename}
			: undefined,
	relation: (row, sample) => {
		const database = factsOf(sample)?.database;
		// A TOAST table is vacuumed with its table, a temporary one by its session.
		if (row.section !== 'tables' || database === undefined || row.toast_of !== null || row.temporary) return undefined;
		const {oid, schemaname, relname, xid_age} = row;
		const name = clean(relationName(schemaname, relname));
		return {of: {database, oid, kind: 'table', name, xid_age}, about: `xid age ${shortCount(xid_age)}`};
	},
	target: (row, sample) =>
		isHolder(row) && row.kind === 'session' && row.pid !== null ? signalTarget(row.pid, sample) : undefined,
	slot: (row, sample) => (isHolder(row) && row.slot_name !== null ? slotOf(row.slot_name, sample) : undefined),
	copied: row => (isHolder(row) ? row.remedy : row.section === 'tables' ? row.relname : row.datname),
	sections: sectionsOf(sections),
	empty: 'Nothing holds xmin back.',
	hidden: sample => hiddenAmong(sample, holdingSessions(sample)),
	inspect: (row, sample, width, past) => [
		line('Horizon', 'strong'),
		...(sectionOf(row)?.remarks(row, sample) ?? []).flatMap(remark => indented(remark.text, width, remark.tone)),
		...(isHolder(row) ? sessionLines(row, sample, width, past) : []),
	],
});
