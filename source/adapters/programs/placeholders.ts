/** Words with the values of `{name}` put in; other braces stay as they are. */
export const filledWith = (words: readonly string[], values: Readonly<Record<string, string>>): readonly string[] =>
	words.map(word =>
		word.replaceAll(/\{([a-z_]+)\}/g, (text: string, name: string) =>
			Object.hasOwn(values, name) ? (values[name] ?? text) : text,
		),
	);
