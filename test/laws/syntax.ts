import {posix} from 'node:path';
import {parseAst} from 'rolldown/parseAst';

/** A file of the program: its path below `source/` and its text. */
export type SourceFile = {readonly path: string; readonly text: string};

/** One import of a file: the module it names, whether it takes only types, and whether it loads the module later. */
export type Import = {readonly from: string; readonly types: boolean; readonly dynamic: boolean};

/** A node of the syntax tree; `start` and `end` are offsets into the text. */
export type Node = {readonly type: string; readonly start: number; readonly end: number; readonly [key: string]: unknown};

/** True for a node of the syntax tree. */
export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/** A node and all nodes below it. */
export function* nodesBelow(node: Node): Generator<Node> {
	yield node;
	for (const value of Object.values(node))
		for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesBelow(child);
}

const parsed = new WeakMap<SourceFile, readonly Node[]>();

/** All nodes of a file, the program itself first. */
export const nodesOf = (file: SourceFile): readonly Node[] => {
	const known = parsed.get(file);
	if (known) return known;
	const lang = file.path.endsWith('.tsx') ? 'tsx' : 'ts';
	const program: unknown = parseAst(file.text, {lang, astType: 'ts', preserveParens: false});
	const nodes = isNode(program) ? [...nodesBelow(program)] : [];
	parsed.set(file, nodes);
	return nodes;
};

/** The value of a string literal; undefined for every other node. */
export const literal = (node: unknown): string | undefined =>
	isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;

/** True for the identifier `name`. */
export const named = (node: unknown, name: string): boolean => isNode(node) && node.type === 'Identifier' && node.name === name;

/** True for `object.property`, or `object['property']`, with one of the properties. */
export const memberOf = (node: Node, object: string, ...properties: readonly string[]): boolean =>
	node.type === 'MemberExpression' &&
	named(node.object, object) &&
	properties.some(property => named(node.property, property) || literal(node.property) === property);

const typesOnly = (node: Node): boolean =>
	node.importKind === 'type' ||
	node.exportKind === 'type' ||
	(Array.isArray(node.specifiers) &&
		node.specifiers.length > 0 &&
		node.specifiers.every(part => isNode(part) && (part.importKind === 'type' || part.exportKind === 'type')));

/** All imports of a file: static, dynamic, of types, and re-exports. A module name that is computed is `?`. */
export const importsOf = (file: SourceFile): readonly Import[] =>
	nodesOf(file).flatMap((node): readonly Import[] => {
		switch (node.type) {
			case 'ImportDeclaration':
			case 'ExportAllDeclaration':
			case 'ExportNamedDeclaration':
				return node.source ? [{from: literal(node.source) ?? '?', types: typesOnly(node), dynamic: false}] : [];
			case 'ImportExpression':
				return [{from: literal(node.source) ?? '?', types: false, dynamic: true}];
			case 'TSImportType':
				return [{from: literal(node.source) ?? '?', types: true, dynamic: false}];
			case 'CallExpression':
				return named(node.callee, 'require') ? [{from: '?', types: false, dynamic: true}] : [];
			default:
				return [];
		}
	});

/** The file below `source/` that an import refers to; undefined for packages and files outside. */
export const fileOf = (importer: string, {from}: Import): string | undefined => {
	if (!from.startsWith('.')) return undefined;
	const path = posix.join(posix.dirname(importer), from);
	return path.startsWith('..') ? undefined : path;
};

/** The package that a module name belongs to; `node:` for all modules of Node. */
export const packageOf = (from: string): string =>
	from.startsWith('node:') ? 'node:' : from.split('/', from.startsWith('@') ? 2 : 1).join('/');

/** Everything that is loaded with a file before any of its dynamic imports runs: other files by path, packages by name. */
export const loadedWith = (path: string, files: ReadonlyMap<string, SourceFile>): ReadonlySet<string> => {
	const loaded = new Set<string>();
	const load = (one: string): void => {
		const file = files.get(one);
		if (loaded.has(one) || !file) return;
		loaded.add(one);
		for (const imported of importsOf(file)) {
			if (imported.types || imported.dynamic) continue;
			const target = fileOf(one, imported);
			if (target === undefined) loaded.add(packageOf(imported.from));
			else load(target);
		}
	};
	load(path);
	return loaded;
};
