import {isNode, type Node, nodesOf, type SourceFile} from './syntax.ts';

const boundNames = (pattern: unknown): readonly string[] => {
	if (!isNode(pattern)) return [];
	if (pattern.type === 'Identifier') return [String(pattern.name)];
	return [pattern.properties, pattern.elements, pattern.value, pattern.left, pattern.argument].flat().flatMap(boundNames);
};

const declaredNames = (declaration: Node): readonly string[] =>
	Array.isArray(declaration.declarations)
		? declaration.declarations.filter(isNode).flatMap(({id}) => boundNames(id))
		: boundNames(declaration.id);

/** The names that a file exports of its own, types and values; what it hands on from another file is not its own. */
const exportedNames = (file: SourceFile): readonly string[] =>
	nodesOf(file)
		.filter(({type, source}) => type === 'ExportNamedDeclaration' && !source)
		.flatMap(({declaration, specifiers}) => {
			if (isNode(declaration)) return declaredNames(declaration);
			return (Array.isArray(specifiers) ? specifiers : []).flatMap(part => (isNode(part) ? boundNames(part.exported) : []));
		});

/** Sentences about the names that more than one file exports: such a name means two things. */
export const doubledNames = (files: readonly SourceFile[]): readonly string[] => {
	const exporters = Map.groupBy(
		files.flatMap(file => [...new Set(exportedNames(file))].map(name => ({name, path: file.path}))),
		({name}) => name,
	);
	return [...exporters]
		.filter(([, paths]) => paths.length > 1)
		.map(([name, paths]) => `${name} is exported by ${paths.map(({path}) => path).join(' and ')}`);
};
