import {shortCount} from '../values/units.ts';

/** Settings that decide when autovacuum processes a table; the maximum is new in 18. */
export type Thresholds = {
	readonly autovacuum: boolean;
	readonly vacuum_threshold: number;
	readonly vacuum_scale_factor: number;
	readonly vacuum_max_threshold: number | null;
	readonly vacuum_insert_threshold: number;
	readonly vacuum_insert_scale_factor: number;
	readonly analyze_threshold: number;
	readonly analyze_scale_factor: number;
	readonly freeze_max_age: number;
	readonly multixact_freeze_max_age: number;
};

/**
 * Figures of a table or TOAST relation that autovacuum reads; counters are null on a standby, `mods` for TOAST, `relallfrozen`
 * before 18.
 */
export type TableCounters = {
	readonly relpages: number;
	readonly reltuples: number;
	readonly relallfrozen: number | null;
	readonly options: ReadonlyMap<string, string>;
	readonly dead: number | null;
	readonly inserts: number | null;
	readonly mods: number | null;
	readonly xidAge: number | null;
	readonly mxidAge: number | null;
};

/** Vacuum and analyze that autovacuum would run now, with reasons in words; null if the server does not count. */
export type Due = {
	readonly vacuum: boolean | null;
	readonly analyze: boolean | null;
	readonly why: readonly string[];
	/** Dead rows above which it is vacuumed. */
	readonly deadThreshold: number;
	/** Ages of its oldest transaction and multixact ids above which it is vacuumed in any case. */
	readonly xidLimit: number;
	readonly mxidLimit: number;
};

const noOptions: ReadonlyMap<string, string> = new Map();

/** Storage parameters by name, from the server's text `fillfactor=70 autovacuum_enabled=false`. */
export const optionsOf = (reloptions: string | null): ReadonlyMap<string, string> =>
	reloptions === null ? noOptions : new Map(reloptions.split(' ').map(option => option.split('=') as [string, string]));

const isOff = (value: string | undefined): boolean =>
	value !== undefined && /^(?:f|fa|fal|fals|false|of|off|n|no|0)$/i.test(value);

/**
 * Applies the server's own rule (relation_needs_vacanalyze in postmaster/autovacuum.c, 13 to 19) to a relation: dead, inserted or
 * changed rows above a threshold plus a fraction of all rows; from 18 on with a maximum, and for inserts only the fraction of pages
 * that is not frozen. Parameters of the table override settings. A table whose oldest ids are too old is vacuumed in any case.
 */
export const dueOf = (of: TableCounters, settings: Thresholds): Due => {
	const parameter = (name: string, least: number): number | undefined => {
		const value = Number(of.options.get(`autovacuum_${name}`) ?? Number.NaN);
		return value >= least ? value : undefined;
	};
	const rows = Math.max(0, of.reltuples);
	const most = parameter('vacuum_max_threshold', -1) ?? settings.vacuum_max_threshold ?? -1;
	const byRows =
		(parameter('vacuum_threshold', 0) ?? settings.vacuum_threshold) +
		(parameter('vacuum_scale_factor', 0) ?? settings.vacuum_scale_factor) * rows;
	const deadThreshold = most >= 0 ? Math.min(byRows, most) : byRows;
	const insertBase = parameter('vacuum_insert_threshold', -1) ?? settings.vacuum_insert_threshold;
	const unfrozen = of.relpages > 0 && (of.relallfrozen ?? 0) > 0 ? 1 - Math.min(1, (of.relallfrozen ?? 0) / of.relpages) : 1;
	const insertThreshold =
		insertBase + (parameter('vacuum_insert_scale_factor', 0) ?? settings.vacuum_insert_scale_factor) * rows * unfrozen;
	const changeThreshold =
		(parameter('analyze_threshold', 0) ?? settings.analyze_threshold) +
		(parameter('analyze_scale_factor', 0) ?? settings.analyze_scale_factor) * rows;

	const oldest = Math.min(parameter('freeze_max_age', 0) ?? settings.freeze_max_age, settings.freeze_max_age);
	const oldestMultixact = Math.min(
		parameter('multixact_freeze_max_age', 0) ?? settings.multixact_freeze_max_age,
		settings.multixact_freeze_max_age,
	);
	const runs = settings.autovacuum && !isOff(of.options.get('autovacuum_enabled'));
	const tests: readonly (readonly [what: 'vacuum' | 'analyze', because: string, value: number | null, limit: number])[] = [
		['vacuum', 'wraparound: age', of.xidAge, oldest],
		['vacuum', 'wraparound: multixact age', of.mxidAge, oldestMultixact],
		['vacuum', 'dead', runs ? of.dead : null, deadThreshold],
		['vacuum', 'inserted', runs && insertBase >= 0 ? of.inserts : null, insertThreshold],
		['analyze', 'changed', runs ? of.mods : null, changeThreshold],
	];
	const met = tests.filter(([, , value, limit]) => value !== null && value > limit);
	const isCounted = of.dead !== null;
	return {
		vacuum: isCounted ? met.some(([what]) => what === 'vacuum') : null,
		analyze: isCounted ? met.some(([what]) => what === 'analyze') : null,
		why: isCounted ? met.map(([, because, value, limit]) => `${because} ${shortCount(value ?? 0)} > ${shortCount(limit)}`) : [],
		deadThreshold,
		xidLimit: oldest,
		mxidLimit: oldestMultixact,
	};
};
