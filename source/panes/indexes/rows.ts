import {type Answer, answerOf, baseOf, type Past} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import {isNeeded, scansTakenOver, twinsOf} from '../../core/indexes/twins.ts';
import {countersSince, type IndexVerdict, verdictOn} from '../../core/indexes/verdict.ts';
import {remembered} from '../../core/sample/remembered.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type IndexUsage, indexUsage, type ScanCounters, scanCounters} from '../../queries/storage/index-usage.ts';
import {
	type IndexColumns,
	type IndexDefinition,
	type InvalidIndex,
	indexColumns,
	indexExpressions,
	indexes,
	invalidIndexes,
} from '../../queries/storage/indexes.ts';

/** Row of an index; values that could not be read are null. */
export type IndexRow = {
	readonly section: 'index';
	readonly schemaname: string;
	readonly relname: string;
	readonly indexrelname: string;
	readonly oid: number;
	readonly definition: IndexDefinition | undefined;
	readonly columns: IndexColumns | undefined;
	readonly usage: IndexUsage | undefined;
	/** Entry in the list of invalid indexes, if it is not valid. */
	readonly invalid: InvalidIndex | undefined;
	readonly index_bytes: number | null;
	readonly scans_per_second: number | null;
	/** Index that makes it redundant. */
	readonly twin: IndexDefinition | undefined;
	readonly verdict: IndexVerdict | null;
	readonly since: string | null;
	readonly counters: ScanCounters | undefined;
};

type IndexAnswers = {
	readonly definitions: Answer<IndexDefinition>;
	readonly usage: Answer<IndexUsage> | undefined;
	readonly before: Answer<IndexUsage> | undefined;
	readonly columns: Answer<IndexColumns> | undefined;
	readonly expressions: Answer<IndexColumns> | undefined;
	readonly invalid: Answer<InvalidIndex> | undefined;
	readonly counters: Answer<ScanCounters> | undefined;
};

const byOid = <R extends {readonly indexrelid: number}>(answer: Answer<R> | undefined): ReadonlyMap<number, R> =>
	new Map(answer?.rows.map(row => [row.indexrelid, row]));

// Rows change only when one of the answers is read again.
const rowsFrom = remembered(
	(
		definitions: IndexAnswers['definitions'],
		usage: IndexAnswers['usage'],
		before: IndexAnswers['before'],
		columns: IndexAnswers['columns'],
		expressions: IndexAnswers['expressions'],
		invalid: IndexAnswers['invalid'],
		counters: IndexAnswers['counters'],
	): readonly IndexRow[] => derive({definitions, usage, before, columns, expressions, invalid, counters}),
);

/** Indexes of a sample, the worst verdict first, then the largest. */
export const indexRows = (sample: Sample, past: Past): readonly IndexRow[] => {
	const definitions = answerOf(sample, indexes);
	if (!definitions) return [];
	return rowsFrom(
		definitions,
		answerOf(sample, indexUsage),
		baseOf(sample, past, indexUsage),
		answerOf(sample, indexColumns),
		answerOf(sample, indexExpressions),
		answerOf(sample, invalidIndexes),
		answerOf(sample, scanCounters),
	);
};

const derive = ({definitions, usage, before, columns, expressions, invalid, counters}: IndexAnswers): readonly IndexRow[] => {
	const usageByOid = byOid(usage);
	const usageBefore = byOid(before);
	const columnsByOid = byOid(columns);
	const expressionsByOid = byOid(expressions);
	const invalidByOid = byOid(invalid);
	const definitionsByOid = byOid(definitions);
	const [scanCounts] = counters?.rows ?? [];
	const databaseSince = scanCounts ? countersSince(scanCounts.stats_reset, scanCounts.cluster_reset) : null;
	// Invalid indexes are read more often than definitions: one no longer listed has become valid.
	const isValid = ({indexrelid, indisvalid}: IndexDefinition): boolean => (invalid ? !invalidByOid.has(indexrelid) : indisvalid);
	const validIndexes = definitions.rows.filter(index => !index.partitioned && isValid(index));
	const twins = twinsOf(validIndexes, ({indexrelid}) => usageByOid.get(indexrelid)?.idx_scan ?? 0);
	const scans = scansTakenOver(validIndexes, twins, ({indexrelid}) => usageByOid.get(indexrelid)?.idx_scan ?? null);
	const scansByParent = scansOfPartitions(validIndexes, scans);
	const resetsByParent = resetsOfPartitions(validIndexes, usageByOid);

	const rowOf = (index: IndexDefinition): IndexRow => {
		const {indexrelid, parent} = index;
		const now = usageByOid.get(indexrelid);
		const then = usageBefore.get(indexrelid);
		const twin = twins.get(indexrelid);
		const reset = (parent === null ? now?.stats_reset : resetsByParent.get(parent)) ?? null;
		const since = countersSince(databaseSince, reset);
		const verdict = verdictOn(
			{
				valid: isValid(index),
				building: invalidByOid.get(indexrelid)?.building_pid ?? null,
				twin,
				needed: isNeeded(index),
				scans: (parent === null ? scans.get(indexrelid) : scansByParent.get(parent)) ?? null,
				since,
				elsewhere: scanCounts !== undefined && (scanCounts.in_recovery || scanCounts.standbys > 0),
			},
			({indexrelname}) => indexrelname,
			usage?.at ?? definitions.at,
		);
		return {
			section: 'index',
			schemaname: index.schemaname,
			relname: index.relname,
			indexrelname: index.indexrelname,
			oid: indexrelid,
			definition: index,
			columns: expressionsByOid.get(indexrelid) ?? columnsByOid.get(indexrelid),
			usage: now,
			invalid: invalidByOid.get(indexrelid),
			index_bytes: now?.index_bytes ?? invalidByOid.get(indexrelid)?.index_bytes ?? null,
			scans_per_second:
				now && then && usage && before
					? perSecond({at: before.at, value: then.idx_scan}, {at: usage.at, value: now.idx_scan})
					: null,
			twin: twin?.of,
			verdict,
			since,
			counters: scanCounts,
		};
	};

	const rows = definitions.rows.filter(index => !index.partitioned || !isValid(index)).map(rowOf);
	const bareRows = (invalid?.rows ?? []).filter(({indexrelid}) => !definitionsByOid.has(indexrelid)).map(bareRow(scanCounts));
	return [...rows, ...bareRows].sort(worstFirst);
};

/** Row of an index known only from the list of invalid ones. */
const bareRow =
	(counters: ScanCounters | undefined) =>
	(invalid: InvalidIndex): IndexRow => ({
		section: 'index',
		schemaname: invalid.schemaname,
		relname: invalid.relname,
		indexrelname: invalid.indexrelname,
		oid: invalid.indexrelid,
		definition: undefined,
		columns: undefined,
		usage: undefined,
		invalid,
		index_bytes: invalid.index_bytes,
		scans_per_second: null,
		twin: undefined,
		verdict: verdictOn(
			{
				valid: false,
				building: invalid.building_pid,
				twin: undefined,
				needed: false,
				scans: null,
				since: null,
				elsewhere: false,
			},
			String,
			'',
		),
		since: null,
		counters,
	});

/** Scans of all partitions of a partitioned index, by its name: a single partition cannot be dropped. */
const scansOfPartitions = (
	whole: readonly IndexDefinition[],
	scans: ReadonlyMap<number, number | null>,
): ReadonlyMap<string, number | null> => {
	const together = new Map<string, number | null>();
	for (const {parent, indexrelid} of whole) {
		if (parent === null) continue;
		const sum = together.has(parent) ? (together.get(parent) ?? null) : 0;
		const own = scans.get(indexrelid) ?? null;
		together.set(parent, sum === null || own === null ? null : sum + own);
	}
	return together;
};

/** Last reset of the counters of any partition of a partitioned index, by its name: their scans are counted together. */
const resetsOfPartitions = (
	whole: readonly IndexDefinition[],
	usage: ReadonlyMap<number, IndexUsage>,
): ReadonlyMap<string, string | null> => {
	const latest = new Map<string, string | null>();
	for (const {parent, indexrelid} of whole)
		if (parent !== null)
			latest.set(parent, countersSince(latest.get(parent) ?? null, usage.get(indexrelid)?.stats_reset ?? null));
	return latest;
};

const worstFirst = (a: IndexRow, b: IndexRow): number =>
	(a.verdict?.rank ?? 6) - (b.verdict?.rank ?? 6) || (b.index_bytes ?? 0) - (a.index_bytes ?? 0) || a.oid - b.oid;
