import {filterHelp} from '../core/pane/filter-help.ts';
import {applies, callOf} from './applicable.ts';
import {type CommandName, flags, usages} from './option-table.ts';

const mostColumns = 80;
const meaningAt = 28;

/** Words in lines of at most `width` characters; a longer word has a line of its own. */
const wrapped = (text: string, width: number): readonly string[] => {
	const lines: string[] = [];
	for (const word of text.split(' ')) {
		const last = lines.at(-1);
		if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
		else lines[lines.length - 1] = `${last} ${word}`;
	}
	return lines;
};

/** A term and its meaning, which begins on the next line if the term is long. */
const entryLines = (term: string, meaning: string, at = meaningAt): readonly string[] => {
	const [first = '', ...others] = wrapped(meaning, mostColumns - at);
	const indent = ' '.repeat(at);
	const rest = others.map(line => indent + line);
	return term.length + 2 > at ? [term, indent + first, ...rest] : [term.padEnd(at) + first, ...rest];
};

/** The text of `--help`, in 80 columns: of the program, or of one command with the options that apply to it. */
export const helpText = (command?: CommandName): string => {
	const shown = command === undefined ? flags : flags.filter(flag => applies(flag, command));
	const calls = command === undefined ? usages : usages.filter(([call]) => call === callOf(command));
	const filters = shown.some(({name}) => name === 'filter') ? filterHelp : [];
	const groups = [...new Set(shown.map(({group}) => group))];
	const options = groups.flatMap(group => [
		'',
		group,
		...shown
			.filter(flag => flag.group === group)
			.flatMap(({name, short, value, help}) =>
				entryLines(`  ${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`, help),
			),
	]);
	return [
		...(command === undefined ? ['A terminal monitor for PostgreSQL 13 to 19, for the person on call.', ''] : []),
		...calls.flatMap(([call, what]) => entryLines(`  ${call}`, what, 6)),
		...options,
		...(filters.length > 0 ? ['', 'Filters'] : []),
		...filters.flatMap(([example, meaning]) => entryLines(`  ${example}`, meaning)),
		'',
	].join('\n');
};
