import type {Flag} from '../option-table.ts';
import {type Grammar, quoted, takesFile} from './grammar.ts';

const escaped = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

/** The completion script for zsh: sourced, or the file `_pgtriage` in a directory of `$fpath`. */
export const zsh = ({options, choices, operands}: Grammar): string => {
	const action = (option: Flag): string => {
		const {name, value} = option;
		if (value === undefined) return '';
		const values = choices[name];
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
	const depth = (after: string): number => (after === '' ? 0 : after.split(' ').length);
	const depths = [...new Set(operands.map(({after}) => depth(after)))].sort();
	return `#compdef pgtriage
# Completion of pgtriage for zsh: source <(pgtriage completion zsh)
_pgtriage() {
	local curcontext="$curcontext" state state_descr
	local -a line
	local -A opt_args
	_arguments -C -S \\
${options.map(option => `\t\t${specification(option)} \\`).join('\n')}
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
