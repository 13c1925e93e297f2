import {sentencesOf} from './sentences.ts';
import {type Comment, childrenOf, type File, isNode, literalText, type Node, nodesIn, parsed} from './syntax.ts';

/** A text that a person reads; it starts at `start` in the file and has its length there. */
export type Passage = {readonly text: string; readonly start: number; readonly isDocComment: boolean};

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

const passage = (text: string, start: number): Passage => ({text, start, isDocComment: false});

const passageOf = ({type, value, start}: Comment): Passage =>
	type === 'Line'
		? passage(value, start + 2)
		: {text: value.replace(/^\s*\*/gm, blank), start: start + 2, isDocComment: value.startsWith('*')};

/** Comments of a file; line comments on consecutive lines are one passage. */
const commentsOf = (text: string, comments: readonly Comment[]): readonly Passage[] => {
	const passages: Passage[] = [];
	let [open, end] = [false, 0];
	for (const comment of comments) {
		const gap = text.slice(end, comment.start);
		const last = passages.at(-1);
		const isLine = comment.type === 'Line';
		if (last && open && isLine && /^\n[ \t]*$/.test(gap))
			passages[passages.length - 1] = {...last, text: `${last.text}${gap}  ${comment.value}`};
		else passages.push(passageOf(comment));
		[open, end] = [isLine, comment.end];
	}
	return passages;
};

const rootName = (node: unknown): unknown =>
	isNode(node) ? (node.type === 'Identifier' ? node.name : rootName(node.callee ?? node.object ?? node.tag)) : undefined;

const runners = new Set<unknown>(['describe', 'it', 'test']);

/** Test titles below a node: first arguments of describe, it and test, and of the functions they return. */
const titlesBelow = (node: Node): readonly Passage[] => {
	const [title] = node.type === 'CallExpression' && runners.has(rootName(node.callee)) ? nodesIn(node.arguments) : [];
	const text = title && literalText(title);
	return [
		...(title && text ? [passage(text, title.start + 1)] : []),
		...childrenOf(node).flatMap(([, child]) => titlesBelow(child)),
	];
};

/** Passages of a file: sentences of the program, comments and test titles; pages without fenced code. */
export const passagesOf = (file: File): readonly Passage[] => {
	if (!/\.tsx?$/.test(file.path)) return [passage(file.text.replace(/^```.*?^```/gms, blank), 0)];
	const {program, comments} = parsed(file);
	const sentences = file.path.startsWith('source/') ? sentencesOf(file) : [];
	return [
		...sentences.map(({text, start}) => passage(text, start + 1)),
		...commentsOf(file.text, comments),
		...titlesBelow(program),
	].toSorted((a, b) => a.start - b.start);
};
