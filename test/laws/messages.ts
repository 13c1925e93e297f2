import {isNode, literal, type Node, named, nodesOf, type SourceFile} from './syntax.ts';

const texts = ['message', 'detail'];
const matchers = new Set(['test', 'exec']);
const searchers = new Set([
	'match',
	'matchAll',
	'includes',
	'startsWith',
	'endsWith',
	'indexOf',
	'lastIndexOf',
	'search',
	'split',
]);
const equalities = new Set(['===', '!==', '==', '!=']);

const exceptions = new Set([
	// Figures of VACUUM VERBOSE are nowhere but in its messages; in another language they are unknown.
	'core/actions/maintenance.ts',
	// So are the processes of a deadlock; they are found by numbers and lock modes, which are not translated.
	'core/serverlog/deadlock.ts',
	// So are plans of auto_explain, whose text is never translated.
	'panes/serverlog/plan.ts',
	// The parameter without a type is named in the message only, as $1 in every language; the SQLSTATE says that it has none.
	'core/explain/parameter-types.ts',
]);

/** True for the text of an error or notice: `message`, `error.message`, what is made of one, and what stands in for a missing one. */
const isText = (node: unknown): boolean => {
	if (!isNode(node)) return false;
	switch (node.type) {
		case 'Identifier':
			return texts.some(text => named(node, text));
		case 'MemberExpression':
			return texts.some(text => named(node.property, text) || literal(node.property) === text);
		case 'ChainExpression':
		case 'TSAsExpression':
			return isText(node.expression);
		case 'LogicalExpression':
			return isText(node.left);
		case 'CallExpression': {
			const [first] = Array.isArray(node.arguments) ? node.arguments : [];
			return isText(first) || (isNode(node.callee) && node.callee.type === 'MemberExpression' && isText(node.callee.object));
		}
		default:
			return false;
	}
};

const isWords = (node: unknown): boolean => isNode(node) && (node.type === 'TemplateLiteral' || (literal(node) ?? '') !== '');

const decides = (node: Node): boolean => {
	switch (node.type) {
		case 'CallExpression': {
			const {callee} = node;
			if (!isNode(callee) || callee.type !== 'MemberExpression' || !isNode(callee.property)) return false;
			const method = String(callee.property.name);
			const [first] = Array.isArray(node.arguments) ? node.arguments : [];
			return (matchers.has(method) && isText(first)) || (searchers.has(method) && isText(callee.object));
		}
		case 'BinaryExpression':
			return (
				equalities.has(String(node.operator)) &&
				((isText(node.left) && isWords(node.right)) || (isText(node.right) && isWords(node.left)))
			);
		case 'SwitchStatement':
			return isText(node.discriminant);
		default:
			return false;
	}
};

/** Sentences about decisions on the text of a message, which servers translate; each is continued from the path of the file. */
export const messageDecisions = (file: SourceFile): readonly string[] =>
	exceptions.has(file.path)
		? []
		: nodesOf(file)
				.filter(decides)
				.map(({start}) => `decides by the text of a message in line ${file.text.slice(0, start).split('\n').length}`);
