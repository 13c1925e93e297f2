import {dueOf, optionsOf} from '../core/bloat/due.ts';
import {answerOf} from '../core/history/past.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {futileAmong} from '../panes/bloat/futile.ts';
import {qualified} from '../panes/bloat/table-row.ts';
import {rowsOf} from '../panes/reading/answers.ts';
import {autovacuum} from '../queries/storage/autovacuum.ts';
import {type Table, tables} from '../queries/storage/tables.ts';
import {oncePerAnswers} from './once-per-answers.ts';

/** A table with more dead rows than the threshold of autovacuum. */
export type DeadTable = {
	readonly relid: number;
	readonly name: string;
	readonly n_dead_tup: number;
	/** Time of the last vacuum, manual or automatic. */
	readonly vacuumed: Instant | null;
	/** True if autovacuum ran between two samples and all dead rows are still there. */
	readonly removesNothing: boolean;
	/** True if it removes nothing, or a vacuum ended within two seconds and left more than two seconds of writes can make. */
	readonly stayed: boolean;
};

// Fewer dead rows than this are not worth a finding.
const leastDead = 1000;
const momentSeconds = 2;
const leastStayed = 5000;

const later = (a: Instant | null, b: Instant | null): Instant | null => (a === null || (b !== null && b > a) ? b : a);

const thresholdOf = ({relpages, reltuples, reloptions}: Table, settings: Parameters<typeof dueOf>[1]): number =>
	dueOf(
		{
			relpages,
			reltuples,
			relallfrozen: null,
			options: optionsOf(reloptions),
			dead: null,
			inserts: null,
			mods: null,
			xidAge: null,
			mxidAge: null,
		},
		settings,
	).deadThreshold;

/** Tables of the current database with more dead rows than the threshold of autovacuum, the most first. */
export const deadTables = oncePerAnswers([tables, autovacuum], (sample, past): readonly DeadTable[] => {
	const [settings] = rowsOf(sample, autovacuum);
	if (!settings) return [];
	const dead = (answerOf<Table>(sample, tables)?.rows ?? [])
		.filter(({n_dead_tup}) => (n_dead_tup ?? 0) >= leastDead)
		.map(table => ({...table, dead_threshold: thresholdOf(table, settings)}))
		.filter(({n_dead_tup, dead_threshold}) => (n_dead_tup ?? 0) > dead_threshold);
	if (dead.length === 0) return [];
	const runs = futileAmong(sample, past, dead);
	const at = answerOf(sample, tables)?.at ?? sample.at;
	return dead
		.map(table => {
			const vacuumed = later(table.last_vacuum, table.last_autovacuum);
			const ago = secondsBetween(vacuumed, at);
			const removesNothing = runs.get(table.relid) === true;
			const isMuch = (table.n_dead_tup ?? 0) > Math.max(leastStayed, 2 * table.dead_threshold);
			return {
				relid: table.relid,
				name: qualified(table),
				n_dead_tup: table.n_dead_tup ?? 0,
				vacuumed,
				removesNothing,
				stayed: removesNothing || (ago !== null && ago <= momentSeconds && isMuch),
			};
		})
		.sort((a, b) => b.n_dead_tup - a.n_dead_tup || a.relid - b.relid);
});

/** Number of dead rows in the tables. */
export const deadRowsOf = (dead: readonly DeadTable[]): number => dead.reduce((sum, {n_dead_tup}) => sum + n_dead_tup, 0);
