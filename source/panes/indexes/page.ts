import {type Line, line, type Tone, wrap} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {identifier, relationName} from '../../core/values/quote.ts';
import {duration} from '../../core/values/units.ts';
import type {IndexRow} from './rows.ts';
import type {ScannedTable} from './scanned-tables.ts';

/** What one sentence or statement of the page means. */
type Said = {readonly text: string; readonly tone: Tone};

const say = (text: string, tone: Tone = 'calm'): Said => ({text, tone});

const paragraph = (title: string, said: readonly Said[], width: number): readonly Line[] =>
	said.length === 0
		? []
		: [
				line(title, 'strong'),
				...said.flatMap(({text, tone}) => wrap(text, width - 2).map(part => line(`  ${part}`, tone))),
				line(''),
			];

/** The statement that would make the index, from what was read of it. */
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

/** The statement that removes the index, to be run by hand. */
const dropOf = ({schemaname, relname, indexrelname, definition, invalid}: IndexRow): string => {
	if (definition && definition.parent !== null) return `drop index ${definition.parent};`;
	if (definition && definition.conname !== null)
		return `alter table ${relationName(schemaname, relname)} drop constraint ${identifier(definition.conname)};`;
	const partitioned = definition?.partitioned ?? invalid?.partitioned ?? false;
	return `drop index ${partitioned ? '' : 'concurrently '}${relationName(schemaname, indexrelname)};`;
};

const leftover = /_cc(?:new|old)\d*$/;

const reasons = (row: IndexRow, sampleAt: string): readonly Said[] => {
	const {verdict, twin, invalid, definition, counters, since, indexrelname} = row;
	switch (verdict?.kind) {
		case 'building':
			return [say(`${invalid?.building_pid} builds an index of this table; 7 shows how far it is.`)];
		case 'invalid':
			return [
				say(
					invalid?.partitioned
						? 'It is not valid: not every partition has an index attached to it.'
						: leftover.test(indexrelname)
							? 'A REINDEX CONCURRENTLY that failed or was cancelled left it behind.'
							: 'It was not built to its end: a CREATE INDEX CONCURRENTLY failed or was cancelled, of a unique one perhaps because of duplicate rows.',
					'warn',
				),
				say(
					invalid?.indisready
						? 'No query reads it, yet every write maintains it.'
						: 'No query reads it, and no write maintains it: it only takes room.',
				),
				...(invalid?.maybe_built
					? [say('An index is being built of which this role may not see the table: perhaps it is this one.', 'warn')]
					: []),
			];
		case 'duplicate':
			return [
				say(`${twin?.indexrelname} has the same columns, in the same order, with the same operators and the same predicate.`),
				say('Every write maintains both, and every query could use either.'),
			];
		case 'redundant':
			return [
				say(`${twin?.indexrelname} begins with the same columns: every search by this one could be one by that.`),
				say('It is smaller than that one, so that scans of it alone may be somewhat cheaper.', 'dim'),
			];
		case 'unused':
		case 'young': {
			const age = secondsBetween(since, sampleAt);
			const ago = age === null ? 'an unknown time' : duration(age);
			return [
				say(
					definition && definition.parent !== null
						? `None of the partitions of ${definition.parent} was scanned since the counters began ${ago} ago.`
						: `It was not scanned since the counters began ${ago} ago.`,
				),
				...(verdict.kind === 'young'
					? [say('Before they count for a week, what runs daily or weekly may not have come by: wait.')]
					: []),
				say('When an index was made is not known to the server: a new one has no scans yet.', 'dim'),
				...(counters?.in_recovery
					? [say('This is a standby: scans on the primary and on other standbys are not counted here.', 'warn')]
					: counters && counters.standbys > 0
						? [
								say(
									`${plural(counters.standbys, 'standby follows', 'standbys follow')} this server: scans there are not counted here; look there too.`,
									'warn',
								),
							]
						: []),
			];
		}
		case 'ok':
			return definition?.conname == null
				? definition?.referenced
					? [say('A foreign key stands on it.')]
					: []
				: [say(`The constraint ${definition.conname} stands on it.`)];
		default:
			return [say('Its counters could not be read.', 'warn')];
	}
};

const remedies = (row: IndexRow): readonly Said[] => {
	const {verdict, definition, counters, invalid} = row;
	if (!verdict || verdict.rank > 3) return [];
	const drop = say(dropOf(row), 'strong');
	const where = counters?.in_recovery ? [say('On the primary:')] : [];
	if (verdict.kind === 'invalid' && invalid?.partitioned)
		return [...where, say('Attach an index of each partition with ALTER INDEX ... ATTACH PARTITION, or drop it:'), drop];
	const again =
		verdict.kind === 'invalid' && !leftover.test(row.indexrelname)
			? [say('Then create it again, once what made it fail is mended.')]
			: [];
	const partition =
		definition && definition.parent !== null
			? [
					say(
						'It is the partition of an index: only the whole one is dropped, which locks its table and all partitions meanwhile.',
						'warn',
					),
				]
			: [];
	const constraint =
		definition && definition.conname !== null ? [say('It carries a constraint: the other index enforces the same.', 'dim')] : [];
	return [...where, drop, ...again, ...partition, ...constraint, say('pgtriage does not run this.', 'dim')];
};

/** What the pane says of an index: how it is defined, why the verdict is what it is, and what one could do. */
export const indexLines = (row: IndexRow, at: string, width: number): readonly Line[] => {
	const definition = definitionOf(row);
	return [
		...paragraph('Definition', [definition === undefined ? say('Not read yet.', 'dim') : say(definition)], width),
		...paragraph(`Verdict: ${row.verdict?.text ?? 'unknown'}`, reasons(row, at), width),
		...paragraph('What one could do', remedies(row), width),
		...paragraph('Size', [say('As of its last VACUUM or ANALYZE, without waiting for locks.', 'dim')], width),
	].slice(0, -1);
};

/** What the pane says of a table that is read from end to end. */
export const scannedTableLines = (row: ScannedTable, width: number): readonly Line[] =>
	[
		...paragraph(
			`Verdict: ${row.text}`,
			[
				say('Taken from what was counted over the last seconds, not since the counters began.'),
				say('Each parallel worker counts as a scan of its own, with its part of the rows.', 'dim'),
				say('An index on what its queries filter by would let them read only the rows they want.'),
				say('Reports and backups read whole tables on purpose: look at the statements first, under 1 and 5.', 'dim'),
			],
			width,
		),
	].slice(0, -1);
