import {themeNames} from '../../core/config.ts';
import {lockNames} from '../../core/locks/lock-request.ts';
import {severities} from '../../core/pane/finding.ts';
import {groupings} from '../../core/pane/grouping.ts';
import {scenarios} from '../../demo/scenarios.ts';
import {rules} from '../../findings/index.ts';
import {registry} from '../../panes/index.ts';
import {commandNames, type Flag, flags, usages} from '../option-table.ts';
import {formatNames, type Shell} from '../options.ts';
import {bash} from './bash.ts';
import {fish} from './fish.ts';
import {completionsOf, type Grammar, narrowedBy} from './grammar.ts';
import {zsh} from './zsh.ts';

/** The command line, from the tables that parse and explain it. */
export const grammar: Grammar = {
	options: flags,
	choices: {
		pane: [...registry.panes.map(({id}) => id), 'all'],
		format: [...new Set(commandNames.flatMap(formatNames))],
		lock: lockNames.map(name => name.replaceAll(' ', '-')),
		rule: rules.map(({id}) => id),
		'fail-on': severities,
		group: groupings,
		theme: themeNames,
		scenario: scenarios,
	},
	narrowed: {format: narrowedBy(flags.find(({name}) => name === 'format') as Flag, formatNames)},
	operands: completionsOf(usages.map(([call]) => call)),
};

const writers: Readonly<Record<Shell, (grammar: Grammar) => string>> = {bash, zsh, fish};

/** The completion script for a shell. */
export const completionScript = (shell: Shell): string => writers[shell](grammar);
