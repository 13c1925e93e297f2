import {type Grammar, namedCommands, optionsByCommands, quoted, spellings, takesFile} from './grammar.ts';

/** The completion script for bash; it works without the package bash-completion. */
export const bash = ({options, choices, narrowed, operands}: Grammar): string => {
	const patterns = (some: Grammar['options']): string => some.flatMap(spellings).join('|');
	const withValue = options.filter(({value}) => value !== undefined);
	const withFile = withValue.filter(takesFile);
	const withChoice = withValue.filter(({name}) => choices[name] !== undefined);
	const withText = withValue.filter(option => !withFile.includes(option) && !withChoice.includes(option));
	const chosen = (option: Grammar['options'][number]): string =>
		[
			`words=${quoted((choices[option.name] ?? []).join(' '))}`,
			...(narrowed[option.name] ?? []).map(
				({commands, words}) => `if [[ $command == @(${commands.join('|')}) ]]; then words=${quoted(words.join(' '))}; fi`,
			),
		].join('; ');
	return `# Completion of pgtriage for bash: source <(pgtriage completion bash)
_pgtriage() {
	local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words='' file='' operands='' command='' value='' word
	# Readline splits --pane=locks into three words.
	if [[ $current == = ]]; then current=''; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
	for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ $word == = ]]; then continue; fi
		if [[ $value ]]; then value=''; continue; fi
		case $word in
			${patterns(withValue)}) value=yes ;;
			-*) ;;
			*) operands+="$word " ;;
		esac
	done
	case \${operands%% *} in
		'') ;;
		${namedCommands.join('|')}) command=\${operands%% *} ;;
		*) command=monitor ;;
	esac
	case $before in
${withChoice.map(option => `\t\t${patterns([option])}) ${chosen(option)} ;;`).join('\n')}
		${patterns(withFile)}) file=yes ;;
		${patterns(withText)}) ;;
		*)
			if [[ $current == -* ]]; then
${optionsByCommands(options)
	.map(({commands, options: some}) => {
		const add = `words+=' ${some.map(({name}) => `--${name}`).join(' ')}'`;
		return `\t\t\t\t${commands ? `if [[ -z $command || $command == @(${commands.join('|')}) ]]; then ${add}; fi` : add}`;
	})
	.join('\n')}
			else
				case $operands in
${operands
	.map(({after, words, file}) => {
		const replies = [...(words.length > 0 ? [`words=${quoted(words.join(' '))}`] : []), ...(file ? ['file=yes'] : [])];
		return `\t\t\t\t\t${quoted(after === '' ? '' : `${after} `)}) ${replies.join('; ')} ;;`;
	})
	.join('\n')}
				esac
			fi
			;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; if [[ $file ]]; then compgen -f -- "$current"; fi)
	if [[ $file ]]; then compopt -o filenames 2>/dev/null; fi
}
complete -F _pgtriage pgtriage
`;
};
