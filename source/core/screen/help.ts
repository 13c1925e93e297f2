import {type Binding, groups} from '../keys/binding.ts';
import {keyName} from '../keys/bindings.ts';
import {commandHelp} from '../keys/command-line.ts';
import {filterHelp} from '../pane/filter-help.ts';
import type {Pane} from '../pane/pane.ts';
import {fitLine, type Line, line, span, wrap} from '../text/line.ts';

/** The help page: every key by group, the filter language, the command line, then every column of the pane. */
export const helpLines = (bindings: readonly Binding[], pane: Pane, width: number): readonly Line[] => {
	const keys = groups.flatMap(group => [
		line(group, 'strong'),
		...bindings
			.filter(binding => binding.group === group)
			.flatMap(binding => entry(binding.keys.map(keyName).join(' '), binding.does, 14, width)),
		[],
	]);
	const filters = [
		line('Filter', 'strong'),
		...filterHelp.flatMap(([example, meaning]) => entry(example, meaning, 26, width)),
		[],
	];
	const commands = [
		line('Command line', 'strong'),
		...commandHelp.flatMap(([name, meaning]) => entry(name, meaning, 26, width)),
		[],
	];
	const columns = [
		line(`Columns of ${pane.title}`, 'strong'),
		...pane.columns.flatMap(column => entry(column.id, column.help, 26, width)),
	];
	return [...keys, ...filters, ...commands, ...columns].map(part => fitLine(part, width));
};

const entry = (name: string, meaning: string, indent: number, width: number): readonly Line[] =>
	wrap(meaning, Math.max(10, width - indent - 3)).map((text, index) => [
		span(`  ${index === 0 ? name.padEnd(indent) : ' '.repeat(indent)} `, index === 0 ? 'key' : 'calm'),
		span(text),
	]);
