import type {Flag} from '../option-table.ts';
import {type Grammar, namedCommands, optionsByCommands, quoted, spellings, takesFile} from './grammar.ts';

const escaped = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

/** The completion script for zsh: sourced, or the file `_pgtriage` in a directory of `$fpath`. */
export const zsh = ({options, choices, narrowed, operands}: Grammar): string => {
	const action = (option: Flag): string => {
		const {name, value} = option;
		if (value === undefined) return '';
		const values = choices[name];
		if (narrowed[name]) return `:${escaped(value)}:compadd -a ${name}`;
		return `:${escaped(value)}:${values ? `(${values.join(' ')})` : takesFile(option) ? '_files' : ' '}`;
	};
	const specification = (option: Flag): string => {
		const {name, short, value, many, help} = option;
		const long = `--${name}${value === undefined ? '' : '='}`;
		const rest = quoted(`[${escaped(help)}]${action(option)}`);
		if (short === undefined) return `${many ? "'*'" : ''}${long}${rest}`;
		// A pattern of the shell unless it is quoted.
		const letter = /[a-z]/i.test(short) ? `-${short}` : quoted(`-${short}`);
		return `${quoted(`(-${short} --${name})`)}{${letter}${value === undefined ? '' : '+'},${long}}${rest}`;
	};
	const withValue = options.filter(({value}) => value !== undefined).flatMap(spellings);
	const depth = (after: string): number => (after === '' ? 0 : after.split(' ').length);
	const depths = [...new Set(operands.map(({after}) => depth(after)))].sort();
	return `#compdef pgtriage
# Completion of pgtriage for zsh: source <(pgtriage completion zsh)
_pgtriage() {
	local curcontext="$curcontext" state state_descr
	local -a line
	local -A opt_args
	local -a options
	local command word value
	for word in $words[2,CURRENT-1]; do
		if [[ -n $value ]]; then value=; continue; fi
		case $word in
			(${withValue.join('|')}) value=yes ;;
			(-*) ;;
			(${namedCommands.join('|')}) command=$word; break ;;
			(*) command=monitor; break ;;
		esac
	done
${Object.entries(narrowed)
	.map(([name, cases]) => {
		const some = cases.map(({commands, words}) => `\t\t(${commands.join('|')}) ${name}=(${words.join(' ')}) ;;`);
		return `\tlocal -a ${name}=(${choices[name]?.join(' ')})\n\tcase $command in\n${some.join('\n')}\n\tesac`;
	})
	.join('\n')}
${optionsByCommands(options)
	.map(({commands, options: some}) => {
		const all = some.map(option => `\t\t${specification(option)}`).join('\n');
		const condition = commands ? `[[ -z $command || $command == (${commands.join('|')}) ]] && ` : '';
		return `\t${condition}options+=(\n${all}\n\t)`;
	})
	.join('\n')}
	_arguments -C -S $options \\
		${depths.map(each => `'${each + 1}: :->${each}'`).join(' ')} '*: : ' && return
	[[ -n $state ]] || return
	case "\${(j: :)line[1,$state]}" in
${operands
	.map(({after, words, file}) => {
		const replies = [...(words.length > 0 ? [`compadd ${words.join(' ')}`] : []), ...(file ? ['_files'] : [])];
		return `\t\t${quoted(after)}) ${replies.join('; ')} ;;`;
	})
	.join('\n')}
	esac
}
if [[ $funcstack[1] == _pgtriage ]]; then _pgtriage "$@"; else compdef _pgtriage pgtriage; fi
`;
};
