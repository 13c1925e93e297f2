import type {Past} from '../core/history/past.ts';
import {findingsBy} from '../core/pane/finding.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../core/values/instant.ts';
import {rules} from '../findings/index.ts';
import type {Limits} from '../findings/thresholds.ts';
import {collectActions} from './actions.ts';
import {happeningsOf} from './events.ts';
import {collectHead} from './head.ts';
import {collectLoad} from './load.ts';
import {collectLongest} from './longest.ts';
import {collectPeak} from './peak.ts';
import {createRedaction} from './redaction.ts';
import type {Happening, Report} from './report.ts';
import {collectRoots} from './roots.ts';
import {collectSettings} from './settings.ts';
import {collectStatements} from './statements.ts';
import {pauseSeconds} from './step.ts';
import {summaryOf} from './summary.ts';
import {collectTroubles} from './troubles.ts';

/** What a report is made with: what decides which findings there are, and whether literals in statements stay. */
export type ReportOptions = {readonly limits: Limits; readonly withLiterals: boolean};

/** A moment that somebody marked. */
export type Mark = {readonly at: Instant; readonly name: string | undefined};

/** A report that is being made: it takes samples in their order, and holds none but the worst, the first and the last of them. */
export type Reporter = {
	/** Takes a sample, and all that came before it as it was kept then. */
	readonly add: (sample: Sample, past: Past) => void;
	readonly report: (given?: {readonly damaged?: number; readonly marks?: readonly Mark[]}) => Report;
};

/** Begins a report. */
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
	const parts = [head, load, peak, roots, troubles, actions, statements, longest, settings];
	let before: Sample | undefined;
	let step = 0;

	const add = (read: Sample, past: Past): void => {
		const sample = redact(read);
		const passed = before ? (secondsBetween(before.at, sample.at) ?? 0) : 0;
		// Where samples come seldom, the time between two is no gap.
		const most = Math.max(pauseSeconds, 3 * step);
		const gap = before !== undefined && passed > most;
		const findings = find(sample, past);
		const seconds = Math.min(passed, gap ? pauseSeconds : passed);
		for (const {see} of parts) see({sample, past, findings, before, seconds, gap});
		if (before) step = passed;
		before = sample;
	};

	const told: Reporter['report'] = ({damaged = 0, marks = []} = {}) => {
		const about = head.told(damaged, !withLiterals);
		const done = actions.told();
		const found = troubles.told();
		const marked = marks
			.filter(({at}) => at >= about.head.from && at <= about.head.to)
			.map(
				({at, name}): Happening => ({at, kind: 'mark', severity: null, text: name === undefined ? 'Marked.' : `Marked: ${name}`}),
			);
		const report = {
			head: about.head,
			load: load.told(),
			events: happeningsOf(found, done, [...about.happenings, ...marked]),
			peak: peak.told(),
			...roots.told(done),
			findings: found,
			actions: done,
			statements: statements.told(),
			longest: longest.told(),
			settings: settings.told(),
		};
		return {...report, summary: summaryOf(report)};
	};
	return {add, report: told};
};
