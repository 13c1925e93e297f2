import type {Past} from '../../../source/core/history/past.ts';
import {type Finding, findingsBy} from '../../../source/core/pane/finding.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {rules} from '../../../source/findings/index.ts';
import {thresholds} from '../../../source/findings/thresholds.ts';

const find = findingsBy(rules.map(rule => ({find: (sample, past) => rule.find(sample, past, thresholds)})));

/** Findings of a sample by the rules with their default thresholds. */
export const triage = (sample: Sample, past: Past = []): readonly Finding[] => find(sample, past);
