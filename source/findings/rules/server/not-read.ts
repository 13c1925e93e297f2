import {sentences} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {type Gap, gapsOf} from '../../coverage.ts';
import {defineRule, type Rule} from '../../rule.ts';

/** What triage could not see, so that "no trouble found" is never said of what was not read. Rests on the other rules. */
export const notRead = (others: readonly Rule[]): Rule =>
	defineRule({
		id: 'not-read',
		help: 'Data that could not be read, the reason, and the rules that could not be checked without it.',
		queries: [],
		find: sample =>
			gapsOf(others, sample).map(gap => ({
				subject: gap.what,
				severity: gap.isVital ? 'warning' : 'notice',
				weight: gap.rules.length,
				summary: clean(`Not read: ${gap.what}. ${sentences(gap.failure)}`),
				evidence: evidenceOf(gap),
				pid: null,
				leads: {pane: 'settings', identity: null},
				action: null,
			})),
	});

const evidenceOf = ({rules}: Gap): string =>
	rules.length === 0 ? '' : `${plural(rules.length, 'rule')} could not be checked, or only in part: ${rules.join(', ')}.`;
