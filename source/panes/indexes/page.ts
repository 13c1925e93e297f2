import {type Line, line, type Tone} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {identifier, relationName} from '../../core/values/quote.ts';
import {duration} from '../../core/values/units.ts';
import {indented} from '../reading/indented.ts';
import type {Remark} from '../reading/sections.ts';
import type {IndexRow} from './rows.ts';
import type {ScannedTable} from './scanned-tables.ts';

const remark = (text: string, tone: Tone = 'calm'): Remark => ({text, tone});

const paragraph = (title: string, remarks: readonly Remark[], width: number): readonly Line[] =>
	remarks.length === 0
		? []
		: [line(title, 'strong'), ...remarks.flatMap(({text, tone}) => indented(text, width, tone)), line('')];

/** CREATE INDEX of the index, from its catalog entries. */
const definitionOf = ({schemaname, relname, indexrelname, definition, columns}: IndexRow): string | undefined => {
	if (!definition || !columns) return undefined;
	return [
		`create ${definition.indisunique ? 'unique ' : ''}index ${identifier(indexrelname)}`,
		`on ${relationName(schemaname, relname)} using ${identifier(definition.access_method)} (${columns.keys ?? ''})`,
		columns.included === null ? '' : `include (${columns.included})`,
		definition.indnullsnotdistinct ? 'nulls not distinct' : '',
		definition.reloptions === null ? '' : `with (${definition.reloptions})`,
		definition.predicate === null ? '' : `where ${columns.predicate_text ?? '(predicate)'}`,
	]
		.filter(part => part !== '')
		.join(' ');
};

/** Statement that drops the index, to run by hand. */
const dropOf = ({schemaname, relname, indexrelname, definition, invalid}: IndexRow): string => {
	if (definition && definition.parent !== null) return `drop index ${definition.parent};`;
	if (definition && definition.conname !== null)
		return `alter table ${relationName(schemaname, relname)} drop constraint ${identifier(definition.conname)};`;
	const partitioned = definition?.partitioned ?? invalid?.partitioned ?? false;
	return `drop index ${partitioned ? '' : 'concurrently '}${relationName(schemaname, indexrelname)};`;
};

const leftover = /_cc(?:new|old)\d*$/;

const reasons = (row: IndexRow, sampleAt: string): readonly Remark[] => {
	const {verdict, twin, invalid, definition, counters, since, indexrelname} = row;
	switch (verdict?.kind) {
		case 'building':
			return [remark(`${invalid?.building_pid} is building an index on this table; 7 shows its progress.`)];
		case 'invalid':
			return [
				remark(
					invalid?.partitioned
						? 'Not valid: not every partition has an attached index.'
						: leftover.test(indexrelname)
							? 'Left behind by a REINDEX CONCURRENTLY that failed or was canceled.'
							: 'Not built completely: CREATE INDEX CONCURRENTLY failed (a unique one perhaps on duplicate rows) or was canceled.',
					'warn',
				),
				remark(
					invalid?.indisready
						? 'Queries ignore it, yet every write maintains it.'
						: 'Queries and writes ignore it: it only takes space.',
				),
				...(invalid?.maybe_built
					? [remark('An index is being built on a table that this role cannot see: it may be this one.', 'warn')]
					: []),
			];
		case 'duplicate':
			return [
				remark(`${twin?.indexrelname} has the same columns, order, operators and predicate.`),
				remark('Every write maintains both, and queries need only one.'),
			];
		case 'redundant':
			return [
				remark(`${twin?.indexrelname} begins with the same columns and serves every search of this one.`),
				remark('This one is smaller: scanning it may be slightly cheaper.', 'dim'),
			];
		case 'unused':
		case 'young': {
			const age = secondsBetween(since, sampleAt);
			const ago = age === null ? 'an unknown time' : duration(age);
			return [
				remark(
					definition && definition.parent !== null
						? `No partition of ${definition.parent} was scanned since the counters began ${ago} ago.`
						: `Not scanned since the counters began ${ago} ago.`,
				),
				...(verdict.kind === 'young'
					? [remark('Wait until the counters are a week old: daily or weekly jobs may not have run yet.')]
					: []),
				remark('The server does not record when an index was created: a new one has no scans yet.', 'dim'),
				...(counters?.in_recovery
					? [remark('This is a standby: scans on the primary and on other standbys are not counted here.', 'warn')]
					: counters && counters.standbys > 0
						? [
								remark(
									`${plural(counters.standbys, 'standby follows', 'standbys follow')} this server: scans there are not counted here; check there too.`,
									'warn',
								),
							]
						: []),
			];
		}
		case 'ok':
			return definition?.conname == null
				? definition?.referenced
					? [remark('A foreign key depends on it.')]
					: []
				: [remark(`The constraint ${definition.conname} depends on it.`)];
		case undefined:
			return [remark('Its usage counters could not be read.', 'warn')];
	}
};

const remedies = (row: IndexRow): readonly Remark[] => {
	const {verdict, definition, counters, invalid} = row;
	if (!verdict || verdict.rank > 3) return [];
	const drop = remark(dropOf(row), 'strong');
	const server = counters?.in_recovery ? [remark('On the primary:')] : [];
	if (verdict.kind === 'invalid' && invalid?.partitioned)
		return [...server, remark('Attach an index on each partition with ALTER INDEX ... ATTACH PARTITION, or drop it:'), drop];
	const again =
		verdict.kind === 'invalid' && !leftover.test(row.indexrelname)
			? [remark('Then create it again, once the cause is fixed.')]
			: [];
	const partition =
		definition && definition.parent !== null
			? [
					remark(
						'Part of a partitioned index: only the whole index can be dropped, which locks the table and all partitions.',
						'warn',
					),
				]
			: [];
	const constraint =
		definition && definition.conname !== null ? [remark('It backs a constraint; the other index enforces the same.', 'dim')] : [];
	return [...server, drop, ...again, ...partition, ...constraint, remark('pgtriage does not run this.', 'dim')];
};

/** Inspect page of an index: definition, reasons for the verdict, remedy. */
export const indexLines = (row: IndexRow, at: string, width: number): readonly Line[] => {
	const definition = definitionOf(row);
	return [
		...paragraph('Definition', [definition === undefined ? remark('Not read yet.', 'dim') : remark(definition)], width),
		...paragraph(`Verdict: ${row.verdict?.text ?? 'unknown'}`, reasons(row, at), width),
		...paragraph('Remedy', remedies(row), width),
		...paragraph('Size', [remark('As of its last VACUUM or ANALYZE, without waiting for locks.', 'dim')], width),
	].slice(0, -1);
};

/** Inspect page of a table with large sequential scans. */
export const scannedTableLines = (row: ScannedTable, width: number): readonly Line[] =>
	[
		...paragraph(
			`Verdict: ${row.text}`,
			[
				remark('Based on the last seconds, not on totals since the counters began.'),
				remark('Each parallel worker counts as one scan, with its share of the rows.', 'dim'),
				remark('An index on the columns its queries filter by would read only the matching rows.'),
				remark('Reports and backups read whole tables on purpose: check the statements first (1 and 5).', 'dim'),
			],
			width,
		),
	].slice(0, -1);
