import {type Grammar, quoted, spellings, takesFile} from './grammar.ts';

/** The completion script for bash; it works without the package bash-completion. */
export const bash = ({options, choices, operands}: Grammar): string => {
	const patterns = (some: Grammar['options']): string => some.flatMap(spellings).join('|');
	const withValue = options.filter(({value}) => value !== undefined);
	const withFile = withValue.filter(takesFile);
	const withChoice = withValue.filter(({name}) => choices[name] !== undefined);
	const withText = withValue.filter(option => !withFile.includes(option) && !withChoice.includes(option));
	return `# Completion of pgtriage for bash: source <(pgtriage completion bash)
_pgtriage() {
	local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words='' file='' operands='' value='' word
	# Readline splits --pane=locks into three words.
	if [[ $current == = ]]; then current=''; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
	case $before in
${withChoice.map(option => `\t\t${patterns([option])}) words=${quoted((choices[option.name] ?? []).join(' '))} ;;`).join('\n')}
		${patterns(withFile)}) file=yes ;;
		${patterns(withText)}) ;;
		*)
			for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
				if [[ $word == = ]]; then continue; fi
				if [[ $value ]]; then value=''; continue; fi
				case $word in
					${patterns(withValue)}) value=yes ;;
					-*) ;;
					*) operands+="$word " ;;
				esac
			done
			if [[ $current == -* ]]; then
				words=${quoted(options.map(({name}) => `--${name}`).join(' '))}
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
