import {parseSync} from 'rolldown/utils';

/** A node of a syntax tree, with its place in the text. */
export type Node = {readonly type: string; readonly start: number; readonly end: number; readonly [key: string]: unknown};

/** A comment without its marks, and its place in the text. */
export type Comment = {readonly type: 'Line' | 'Block'; readonly value: string; readonly start: number; readonly end: number};

/** A file with its path relative to the root of the repository. */
export type File = {readonly path: string; readonly text: string};

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

export const nodesIn = (value: unknown): readonly Node[] => (Array.isArray(value) ? value : [value]).filter(isNode);

/** Children of a node with the name of their property. */
export const childrenOf = (node: Node): readonly (readonly [property: string, child: Node])[] =>
	Object.entries(node).flatMap(([property, value]) => nodesIn(value).map(child => [property, child] as const));

/** Name of an interpolated expression: `pid` for `session.pid`, `seconds` for `duration(seconds)`. */
const nameOf = (node: unknown): string | undefined => {
	if (!isNode(node)) return undefined;
	const {object, property, callee} = node;
	switch (node.type) {
		case 'Identifier':
			return String(node.name);
		case 'MemberExpression':
			return nameOf(property) ?? nameOf(object);
		case 'CallExpression': {
			const receiver = isNode(callee) && callee.type === 'MemberExpression' ? callee.object : undefined;
			return nodesIn(node.arguments).map(nameOf).find(Boolean) ?? nameOf(receiver) ?? nameOf(callee);
		}
		case 'ConditionalExpression':
			return nameOf(node.consequent) ?? nameOf(node.alternate) ?? nameOf(node.test);
		case 'LogicalExpression':
		case 'BinaryExpression':
			return nameOf(node.left) ?? nameOf(node.right);
		default:
			return nameOf(node.argument) ?? nameOf(node.expression);
	}
};

const cooked = ({value}: Node): string => (typeof value === 'object' && value && 'cooked' in value ? String(value.cooked) : '');

/** Text of a string literal, a template or JSX text; undefined for other nodes. A template has `{pid}` for `${session.pid}`. */
export const literalText = (node: Node): string | undefined => {
	switch (node.type) {
		case 'Literal':
			return typeof node.value === 'string' ? node.value : undefined;
		case 'JSXText':
			return String(node.value).trim();
		case 'TemplateLiteral': {
			const names = nodesIn(node.expressions).map(one => `{${nameOf(one) ?? '…'}}`);
			return nodesIn(node.quasis)
				.map((part, index) => cooked(part) + (names[index] ?? ''))
				.join('');
		}
		default:
			return undefined;
	}
};

/** Syntax tree of a file and its comments; offsets count characters of the text. */
export const parsed = ({path, text}: File): {readonly program: Node; readonly comments: readonly Comment[]} => {
	const lang = path.endsWith('.tsx') ? 'tsx' : 'ts';
	const {program, comments, errors} = parseSync(path, text, {lang, astType: 'ts', preserveParens: false});
	if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
	return {program: program as unknown as Node, comments};
};

/** Line number of an offset, from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
