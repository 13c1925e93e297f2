import type {Past} from '../core/history/past.ts';
import {findingsBy} from '../core/pane/finding.ts';
import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {rules} from '../findings/index.ts';
import type {Limits} from '../findings/thresholds.ts';
import {collectActions} from './actions.ts';
import {collectDeploys} from './deploys.ts';
import {happeningsOf} from './events.ts';
import {collectHead} from './head.ts';
import {collectLoad} from './load.ts';
import {collectLongest} from './longest.ts';
import {collectPeak} from './peak.ts';
import {createRedaction} from './redaction.ts';
import type {Happening, Mark, Report} from './report.ts';
import {collectRoots} from './roots.ts';
import {collectSettings} from './settings.ts';
import {collectStatements} from './statements.ts';
import {pauseSeconds} from './step.ts';
import {summaryOf} from './summary.ts';
import {collectTroubles} from './troubles.ts';

/** Options of a report: levels of the findings, and whether literals in statements stay. */
export type ReportOptions = {readonly limits: Limits; readonly withLiterals: boolean};

/** A report under construction: takes samples in order, and keeps only the worst, the first and the last of them. */
export type Reporter = {
	/** Adds a sample, with the past as it was kept at that time. */
	readonly add: (sample: Sample, past: Past) => void;
	/** Adds a mark, around which statements are compared; before the first sample. */
	readonly mark: (mark: Mark) => void;
	/** The report so far; its load over time has 60 cells unless told otherwise. */
	readonly report: (options?: {readonly damaged?: number; readonly cells?: number | undefined}) => Report;
};

// A line of text holds them and the figures behind them.
const textCells = 60;

/** Starts a report. */
export const createReporter = ({limits, withLiterals}: ReportOptions): Reporter => {
	const find = findingsBy(rules.map(rule => ({find: (sample: Sample, past: Past) => rule.find(sample, past, limits)})));
	const redact = withLiterals ? (sample: Sample): Sample => sample : createRedaction();
	const head = collectHead();
	const load = collectLoad();
	const peak = collectPeak();
	const roots = collectRoots();
	const troubles = collectTroubles();
	const actions = collectActions();
	const statements = collectStatements();
	const longest = collectLongest();
	const settings = collectSettings();
	const deploys = collectDeploys(withLiterals);
	const marks: Mark[] = [];
	const collectors = [head, load, peak, roots, troubles, actions, statements, longest, settings, deploys];
	let before: Sample | undefined;
	let step = 0;

	const add = (read: Sample, past: Past): void => {
		const sample = redact(read);
		const passed = before ? (secondsBetween(before.at, sample.at) ?? 0) : 0;
		// With rare samples the time between two of them is not a gap.
		const most = Math.max(pauseSeconds, 3 * step);
		const gap = before !== undefined && passed > most;
		const findings = find(sample, past);
		const seconds = Math.min(passed, gap ? pauseSeconds : passed);
		for (const {addStep} of collectors) addStep({sample, past, findings, before, seconds, gap});
		if (before) step = passed;
		before = sample;
	};

	const report: Reporter['report'] = ({damaged = 0, cells = textCells} = {}) => {
		const {head: about, happenings} = head.result(damaged, !withLiterals);
		const performed = actions.result();
		const findings = troubles.result();
		const marked = marks
			.filter(({at}) => at >= about.from && at <= about.to)
			.map(
				({at, name}): Happening => ({at, kind: 'mark', severity: null, text: name === undefined ? 'Marked.' : `Marked: ${name}`}),
			);
		const parts = {
			head: about,
			load: load.result(cells),
			events: happeningsOf(findings, performed, [...happenings, ...marked]),
			peak: peak.result(),
			...roots.result(performed),
			findings,
			actions: performed,
			statements: statements.result(),
			marks: deploys.result(),
			longest: longest.result(),
			settings: settings.result(),
		};
		return {...parts, summary: summaryOf(parts)};
	};
	const mark = (each: Mark): void => {
		marks.push(each);
		deploys.mark(each);
	};
	return {add, mark, report};
};
