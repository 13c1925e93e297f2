import {createFindingCommand} from '../adapters/finding-command.ts';
import type {Invocation} from '../command-line/options.ts';
import {wordsOf} from '../command-line/words.ts';
import type {Past} from '../core/history/past.ts';
import {type Severity, severities} from '../core/pane/finding.ts';
import {rowJson} from '../core/pane/json.ts';
import {jsonLine} from '../core/recording/lines.ts';
import type {Row, Sample} from '../core/sample/sample.ts';
import type {Registry} from '../core/state/registry.ts';
import type {Limits} from '../findings/thresholds.ts';
import {createFindingMemory, type Named} from '../monitoring/new-findings.ts';
import {registryWith} from '../panes/index.ts';
import {complain} from './outages.ts';

/** What is done about the findings of samples. */
export type FindingWatch = {readonly add: (sample: Sample, past: Past) => void; readonly stop: () => Promise<void>};

/** Findings of a sample with their names, as rows of the pane Triage. */
export const namedFindings = (registry: Registry, sample: Sample, past: Past): readonly (Named & {readonly row: Row})[] => {
	const pane = registry.pane('triage');
	return pane
		.rows(sample, past)
		.map(row => ({name: pane.identity(row), severity: severities.find(each => each === row.severity) ?? lowest, row}));
};

const lowest: Severity = 'notice';

/**
 * Runs the command of `--on-finding` once per new warning or critical finding, with the finding as a line of JSON on its stdin;
 * undefined without the option. Throws a UserError for a command that is not one.
 */
export const watchFindings = ({onFinding}: Invocation, limits: Limits, server: string): FindingWatch | undefined => {
	if (onFinding === undefined) return undefined;
	const command = createFindingCommand(wordsOf('on-finding', onFinding), complain);
	const isNew = createFindingMemory();
	const registry = registryWith(limits);
	const pane = registry.pane('triage');
	return {
		add: (sample, past) => {
			const alarming = namedFindings(registry, sample, past).filter(({severity}) => severity !== lowest);
			for (const {row} of isNew(alarming, sample.at))
				command.run(`${jsonLine({at: sample.at, server, ...rowJson(pane, row, sample.at)})}\n`);
		},
		stop: command.stop,
	};
};
