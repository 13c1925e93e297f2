import {type Grammar, namedCommands, takesFile} from './grammar.ts';

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

/** The completion script for fish: sourced, or a file in `~/.config/fish/completions`. */
export const fish = ({options, choices, narrowed, operands}: Grammar): string => {
	const lines = options.map(option => {
		const {name, short, value, commands, help} = option;
		const values = narrowed[name] ? [`(__pgtriage_${name})`] : choices[name];
		const argument =
			value === undefined ? [] : takesFile(option) ? ['-r -F'] : ['-x', ...(values ? [`-a ${quoted(values.join(' '))}`] : [])];
		return [
			...(commands ? [`-n ${quoted(`__pgtriage_with ${commands.join(' ')}`)}`] : []),
			...(short === undefined ? [] : [`-s ${/[a-z]/i.test(short) ? short : quoted(short)}`]),
			`-l ${name}`,
			...argument,
			`-d ${quoted(help)}`,
		].join(' ');
	});
	const operandLines = operands.flatMap(({after, words, file}) => {
		const condition = `-n ${quoted(`__pgtriage_after ${after}`.trim())}`;
		return [...(words.length > 0 ? [`${condition} -a ${quoted(words.join(' '))}`] : []), ...(file ? [`${condition} -F`] : [])];
	});
	const withValue = options.filter(({value}) => value !== undefined);
	const names = withValue.flatMap(({name, short}) => [...(short === undefined ? [] : [`-${short}`]), `--${name}`]);
	const functions = Object.entries(narrowed).map(
		([name, cases]) => `function __pgtriage_${name}
	set -l words ${choices[name]?.join(' ')}
	switch (__pgtriage_command)
${cases.map(({commands, words}) => `\t\tcase ${commands.join(' ')}\n\t\t\tset words ${words.join(' ')}`).join('\n')}
	end
	string join \\n $words
end`,
	);
	return `# Completion of pgtriage for fish: pgtriage completion fish | source
function __pgtriage_operands
	set -l value
	for word in (commandline -opc)[2..]
		if set -q value[1]
			set -e value
		else if contains -- $word ${names.join(' ')}
			set value yes
		else if not string match -q -- '-*' $word
			echo $word
		end
	end
end
function __pgtriage_after
	set -l operands (__pgtriage_operands)
	test "$operands" = "$argv"
end
function __pgtriage_command
	set -l operands (__pgtriage_operands)
	if contains -- "$operands[1]" ${namedCommands.join(' ')}
		echo $operands[1]
	else if set -q operands[1]
		echo monitor
	end
end
function __pgtriage_with
	set -l command (__pgtriage_command)
	test -z "$command"; or contains -- $command $argv
end
${functions.join('\n')}
complete -c pgtriage -f
${[...lines, ...operandLines].map(line => `complete -c pgtriage ${line}`).join('\n')}
`;
};
