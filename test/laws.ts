import {posix} from 'node:path';
import {parseAst} from 'rolldown/parseAst';

/** A file of the program: its path below `source/` and its text. */
export type SourceFile = {readonly path: string; readonly text: string};

/** One import of a file: what it names, whether only its types are used, and whether it waits until the line runs. */
export type Import = {readonly from: string; readonly types: boolean; readonly dynamic: boolean};

type Node = {readonly type: string; readonly [key: string]: unknown};

/** Who may import whom: folders of `source/`, packages, and `node:` for what Node itself has. Whatever is not named here may import all. */
const layers: Readonly<Record<string, readonly string[]>> = {
	core: ['core', 'string-width'],
	queries: ['queries', 'core'],
	panes: ['panes', 'core', 'queries'],
	findings: ['findings', 'panes', 'core', 'queries'],
	report: ['report', 'findings', 'panes', 'core', 'queries'],
	adapters: ['adapters', 'core', 'queries', 'pg', 'node:'],
	terminal: ['terminal', 'core', 'node:'],
	hooks: ['hooks', 'core', 'terminal', 'react', 'ink'],
	views: ['views', 'core', 'panes', 'hooks', 'terminal', 'react', 'ink', 'ink-select-input'],
};

// The registry puts panes and findings together; findings read what panes work out, and not the other way round.
const registryFile = 'panes/index.ts';

// What would make the same sample and the same state give another screen.
const impure = ['process', 'performance', 'crypto', 'console', 'globalThis', 'Buffer', 'fetch', 'queueMicrotask'];
const pure = new Set(['core', 'queries', 'panes', 'findings', 'report']);
const timers = new Set(['setTimeout', 'setInterval', 'setImmediate']);

const exits = new Set(['cli.ts', 'program.ts']);
// Where compiled code is kept is asked before the program is loaded, and the demo gives its servers the PATH of the user; all other
// reading of the surroundings is done by the commands.
const readers = new Set(['cli.ts', 'program.ts', 'run/commands.ts', 'run/full-screen.ts', 'run/server.ts', 'demo/binaries.ts']);
const mostLines = 400;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function* nodesBelow(node: Node): Generator<Node> {
	yield node;
	for (const value of Object.values(node))
		for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesBelow(child);
}

const nodesOf = ({path, text}: SourceFile): readonly Node[] => {
	const lang = path.endsWith('.tsx') ? 'tsx' : 'ts';
	return [...nodesBelow(parseAst(text, {lang, astType: 'ts', preserveParens: false}) as unknown as Node)];
};

const literal = (node: unknown): string | undefined =>
	isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;

const named = (node: unknown, name: string): boolean => isNode(node) && node.type === 'Identifier' && node.name === name;

const memberOf = (node: Node, object: string, ...properties: readonly string[]): boolean =>
	node.type === 'MemberExpression' &&
	named(node.object, object) &&
	properties.some(property => named(node.property, property) || literal(node.property) === property);

const typesOnly = (node: Node): boolean =>
	node.importKind === 'type' ||
	node.exportKind === 'type' ||
	(Array.isArray(node.specifiers) &&
		node.specifiers.length > 0 &&
		node.specifiers.every(part => isNode(part) && (part.importKind === 'type' || part.exportKind === 'type')));

/** All imports of a file: static, dynamic, of types, and re-exports. What cannot be read before it runs is `?`. */
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

/** The file below `source/` that an import of another means; undefined for packages and what lies outside. */
const fileOf = (importer: string, {from}: Import): string | undefined => {
	if (!from.startsWith('.')) return undefined;
	const path = posix.join(posix.dirname(importer), from);
	return path.startsWith('..') ? undefined : path;
};

const layerOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] as string) : 'the top');

const packageOf = (from: string): string =>
	from.startsWith('node:') ? 'node:' : from.split('/', from.startsWith('@') ? 2 : 1).join('/');

const brokenImports = (file: SourceFile): readonly string[] => {
	const layer = layerOf(file.path);
	const allowed = file.path === registryFile ? [...(layers[layer] ?? []), 'findings'] : layers[layer];
	if (!allowed) return [];
	return importsOf(file).flatMap(imported => {
		const target = fileOf(file.path, imported);
		const reached =
			target === undefined ? (imported.from.startsWith('.') ? imported.from : packageOf(imported.from)) : layerOf(target);
		const isBack = layer === 'findings' && target === registryFile;
		return allowed.includes(reached) && !isBack ? [] : [`${layer} imports ${imported.from}`];
	});
};

const brokenPurity = (node: Node): string | undefined => {
	if (node.type === 'MemberExpression') {
		if (memberOf(node, 'Date', 'now')) return 'reads the clock';
		if (memberOf(node, 'Math', 'random')) return 'is random';
		const reached = impure.find(name => named(node.object, name));
		return reached && `reaches for ${reached}`;
	}
	if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
	if (named(node.callee, 'Date') && Array.isArray(node.arguments) && node.arguments.length === 0) return 'reads the clock';
	if (isNode(node.callee) && timers.has(String(node.callee.name))) return 'waits';
	const reached = impure.find(name => named(node.callee, name));
	return reached && `reaches for ${reached}`;
};

const isOf = (node: Node, type: string): boolean =>
	[...nodesBelow(node)].some(part => part.type === 'TSTypeReference' && named(part.typeName, type));

const brokenHabit = (path: string, node: Node): string | undefined => {
	switch (node.type) {
		case 'ExportDefaultDeclaration':
			return 'has a default export';
		case 'TSAnyKeyword':
			return 'says any';
		case 'TSEnumDeclaration':
			return 'has an enum';
		case 'TSInterfaceDeclaration':
			return 'has an interface';
		case 'TSNonNullExpression':
			return 'asserts that something is not null';
		case 'ClassDeclaration':
		case 'ClassExpression':
			return named(node.superClass, 'Error') ? undefined : 'has a class that is no error';
		case 'TSAsExpression':
		case 'TSTypeAssertion':
			return path !== 'core/text/line.ts' &&
				isNode(node.typeAnnotation) &&
				(isOf(node.typeAnnotation, 'Span') || isOf(node.typeAnnotation, 'Line'))
				? 'makes a span without cleaning its text'
				: undefined;
		case 'MemberExpression':
			if (memberOf(node, 'process', 'exit', 'reallyExit', 'abort') && !exits.has(path)) return 'exits the process';
			return memberOf(node, 'process', 'env', 'argv') && !readers.has(path) ? 'reads the surroundings' : undefined;
		default:
			return undefined;
	}
};

// Spreading a span and giving it another text is the one way round its maker that types allow.
const respansText = (node: Node): boolean =>
	node.type === 'ObjectExpression' &&
	Array.isArray(node.properties) &&
	node.properties.some(
		part =>
			isNode(part) && part.type === 'SpreadElement' && isNode(part.argument) && /^(span|part)$/.test(String(part.argument.name)),
	) &&
	node.properties.some(part => isNode(part) && part.type === 'Property' && named(part.key, 'text'));

/** What a file does that no file of its layer may, as sentences that begin with its path. */
export const brokenLaws = (file: SourceFile): readonly string[] => {
	const nodes = nodesOf(file);
	const lines = file.text.trimEnd().split('\n').length;
	const broken = [
		...brokenImports(file),
		...(pure.has(layerOf(file.path)) ? nodes.map(brokenPurity) : []),
		...nodes.map(node => brokenHabit(file.path, node)),
		...nodes.map(node => (respansText(node) ? 'makes a span without cleaning its text' : undefined)),
		...(importsOf(file).some(({from}) => from === 'node:process' || from === 'process') ? ['imports process'] : []),
		...(lines > mostLines ? [`has ${lines} lines`] : []),
	];
	return broken.filter(sentence => sentence !== undefined).map(sentence => `${file.path} ${sentence}`);
};

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
