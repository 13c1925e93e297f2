import {importsOf, isNode, literal, memberOf, type Node, named, nodesBelow, nodesOf, type SourceFile} from './syntax.ts';

// With one of these, the same sample and the same state could give another screen.
const impure = ['process', 'performance', 'crypto', 'console', 'globalThis', 'Buffer', 'fetch', 'queueMicrotask'];
const pure = /^(core|queries|panes|findings|monitoring|report)\//;
const timers = new Set(['setTimeout', 'setInterval', 'setImmediate']);

const exits = new Set(['cli.ts', 'program.ts']);
// The compile cache is placed before the program is loaded, the demo hands the PATH of the user to its servers, and programs are found
// by it; everything else about the process is read by the commands.
const readers = new Set([
	'cli.ts',
	'program.ts',
	'run/commands.ts',
	'run/full-screen.ts',
	'run/server.ts',
	'run/target.ts',
	'demo/binaries.ts',
	'adapters/programs/program.ts',
]);
const spanMaker = 'core/text/line.ts';
const mostLines = 400;
const mostFunctionLines = 80;

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
			return 'asserts that a value is not null';
		case 'ClassDeclaration':
		case 'ClassExpression':
			return named(node.superClass, 'Error') ? undefined : 'has a class that is not an error';
		case 'TSAsExpression':
		case 'TSTypeAssertion':
			return path !== spanMaker &&
				isNode(node.typeAnnotation) &&
				(isOf(node.typeAnnotation, 'Span') || isOf(node.typeAnnotation, 'Line'))
				? 'makes a span without cleaning its text'
				: undefined;
		case 'MemberExpression':
			if (memberOf(node, 'process', 'exit', 'reallyExit', 'abort') && !exits.has(path)) return 'exits the process';
			return memberOf(node, 'process', 'env', 'argv') && !readers.has(path) ? 'reads process.env or process.argv' : undefined;
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

const isCast = (node: unknown): node is Node =>
	isNode(node) && (node.type === 'TSAsExpression' || node.type === 'TSTypeAssertion');

const isFunction = (node: unknown): node is Node =>
	isNode(node) && /^(ArrowFunctionExpression|FunctionExpression|FunctionDeclaration)$/.test(node.type);

const tables = new Set(['ObjectExpression', 'ArrayExpression']);

const linesOf = (text: string): number => text.split('\n').length;

const nameOf = (node: unknown): string => (isNode(node) && typeof node.name === 'string' ? node.name : 'a function');

/** The functions of more than 80 lines; a function that only returns a table may be as long as the table, a curried one counts once. */
const longFunctions = ({text}: SourceFile, nodes: readonly Node[]): readonly string[] => {
	const names = new Map<Node, string>();
	for (const {id, key, init, value} of nodes) {
		if (isFunction(init)) names.set(init, nameOf(id));
		if (isFunction(value)) names.set(value, nameOf(key));
	}
	return nodes.flatMap(node => {
		if (!isFunction(node) || !isNode(node.body) || tables.has(node.body.type)) return [];
		const name = names.get(node) ?? nameOf(node.id);
		if (isFunction(node.body)) {
			names.set(node.body, name);
			return [];
		}
		const lines = linesOf(text.slice(node.start, node.end));
		return lines > mostFunctionLines ? [`has ${lines} lines in ${name}, from line ${linesOf(text.slice(0, node.start))}`] : [];
	});
};

const last = (node: Node): Node | undefined => {
	const within = node.type === 'BlockStatement' ? node.body : node.consequent;
	const end = Array.isArray(within) ? within.at(-1) : undefined;
	return isNode(end) && end.type === 'BlockStatement' ? last(end) : isNode(end) ? end : undefined;
};

/**
 * True for a switch that drops a new case silently: it has no default, and one of its cases returns nothing, so that the compiler
 * does not ask for the case that is missing. A switch whose cases all return a value is checked by noImplicitReturns.
 */
const dropsCases = (node: Node): boolean => {
	if (node.type !== 'SwitchStatement' || !Array.isArray(node.cases)) return false;
	const cases = node.cases.filter(isNode);
	const returns = ({consequent}: Node, end: Node | undefined): boolean =>
		(Array.isArray(consequent) && consequent.length === 0) ||
		end?.type === 'ThrowStatement' ||
		(end?.type === 'ReturnStatement' && isNode(end.argument));
	return cases.every(({test}) => isNode(test)) && !cases.every(each => returns(each, last(each)));
};

/** Sentences about the habits of the program that a file breaks; each is continued from the path of the file. */
export const brokenHabits = (file: SourceFile): readonly string[] => {
	const nodes = nodesOf(file);
	const lines = linesOf(file.text.trimEnd());
	return [
		...(pure.test(file.path) ? nodes.map(brokenPurity) : []),
		...nodes.map(node => brokenHabit(file.path, node)),
		...nodes.map(node => (respansText(node) ? 'makes a span without cleaning its text' : undefined)),
		...nodes.map(node => (isCast(node) && isCast(node.expression) ? 'casts a value twice' : undefined)),
		...nodes.map(node => (dropsCases(node) ? 'drops cases of a switch: end it in `satisfies never`' : undefined)),
		...(importsOf(file).some(({from}) => from === 'node:process' || from === 'process') ? ['imports process'] : []),
		...longFunctions(file, nodes),
		...(lines > mostLines ? [`has ${lines} lines`] : []),
	].filter(sentence => sentence !== undefined);
};

const writesAudit = (node: Node): boolean =>
	node.type === 'CallExpression' &&
	isNode(node.callee) &&
	node.callee.type === 'MemberExpression' &&
	(named(node.callee.property, 'write') || literal(node.callee.property) === 'write') &&
	isNode(node.callee.object) &&
	(named(node.callee.object, 'audit') || named(node.callee.object.property, 'audit'));

/** The files that write to the audit log: one, or an action could go round what is done before and after each. */
export const auditWriters = (files: readonly SourceFile[]): readonly string[] =>
	files.filter(file => nodesOf(file).some(writesAudit)).map(({path}) => path);
