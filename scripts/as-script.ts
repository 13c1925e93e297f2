import {parseAst} from 'rolldown/parseAst';

/**
 * A module that imports from Node alone, as a script of CommonJS: single executables of Node 24 run nothing else, and Ink awaits
 * at the top of its modules, which no bundler writes as CommonJS. Throws where the module exports or loads something later.
 */
export const asScript = (code: string): string => {
	const requires: string[] = [];
	let rest = '';
	let end = 0;
	for (const statement of parseAst(code).body) {
		if (statement.type === 'ImportDeclaration') {
			const module = `require(${JSON.stringify(statement.source.value)})`;
			for (const specifier of statement.specifiers) {
				const name = specifier.local.name;
				if (specifier.type !== 'ImportSpecifier') requires.push(`const ${name}=${module};`);
				else {
					const {imported} = specifier;
					const asked = imported.type === 'Identifier' ? imported.name : imported.value;
					requires.push(`const {${JSON.stringify(asked)}:${name}}=${module};`);
				}
			}
		} else if (statement.type !== 'ExportNamedDeclaration') continue;
		else if (statement.declaration || statement.specifiers.length > 0) throw new Error('A program exports nothing.');
		rest += code.slice(end, statement.start);
		({end} = statement);
	}
	const body = (rest + code.slice(end)).replace(/^#!.*/, '').replaceAll('import.meta', 'importMeta');
	return [
		'const importMeta={url:require("node:url").pathToFileURL(process.execPath).href};',
		...requires,
		`\n(async()=>{${body}\n})();\n`,
	].join('');
};
