import {parseAst} from 'rolldown/parseAst';

/**
 * Converts a module that imports only from Node to a CommonJS script: single executables of Node 24 run nothing else, and Ink uses
 * top-level await, which no bundler emits as CommonJS. Throws if the module exports something.
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
					const importedName = imported.type === 'Identifier' ? imported.name : imported.value;
					requires.push(`const {${JSON.stringify(importedName)}:${name}}=${module};`);
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
