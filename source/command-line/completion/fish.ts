import {type Grammar, takesFile} from './grammar.ts';

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

/** The completion script for fish: sourced, or a file in `~/.config/fish/completions`. */
export const fish = ({options, choices, operands}: Grammar): string => {
	const lines = options.map(option => {
		const {name, short, value, help} = option;
		const values = choices[name];
		const argument =
			value === undefined ? [] : takesFile(option) ? ['-r -F'] : ['-x', ...(values ? [`-a ${quoted(values.join(' '))}`] : [])];
		return [
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
	return `# Completion of pgtriage for fish: pgtriage completion fish | source
function __pgtriage_after
	set -l operands
	set -l value
	for word in (commandline -opc)[2..]
		if set -q value[1]
			set -e value
		else if contains -- $word ${names.join(' ')}
			set value yes
		else if not string match -q -- '-*' $word
			set -a operands $word
		end
	end
	test "$operands" = "$argv"
end
complete -c pgtriage -f
${[...lines, ...operandLines].map(line => `complete -c pgtriage ${line}`).join('\n')}
`;
};
