import type {Size} from '../../state/key.ts';
import {slice} from '../../text/clean.ts';
import {type Line, labelMark, line, lineWidth, span, wrap} from '../../text/line.ts';
import type {Fact, Question} from '../question.ts';

/** Cells available to the text of a question within its border. */
export const dialogRoom = ({columns, rows}: Size): Size => ({
	columns: Math.max(30, Math.min(100, columns - 4)) - 4,
	rows: rows - 2,
});

type RequiredLines = {readonly head: readonly Line[]; readonly target: readonly Line[]; readonly foot: readonly Line[]};

const factLines = ({label, text, tone, lines}: Fact, width: number): readonly Line[] =>
	wrap(text, width - 9)
		.slice(0, lines)
		.map((part, index): Line => [span((index === 0 ? label : '').padEnd(9), 'dim'), span(part, tone)]);

/** The title, behind the label of the server. */
const titleLines = ({label, title}: Question, width: number): readonly Line[] => {
	const [first = '', ...rest] = wrap(label === undefined ? title : `[${label}] ${title}`, width);
	const mark = labelMark(label);
	return [[...mark, span(slice(first, lineWidth(mark), width), 'strong')], ...rest.map(text => line(text, 'strong'))];
};

/** The lines that every screen must show: title, target, risks and the keys that answer. */
const requiredLines = (question: Question, width: number): RequiredLines => {
	const [first] = question.facts;
	return {
		head: titleLines(question, width),
		target: first === undefined ? [] : factLines({...first, lines: Number.POSITIVE_INFINITY}, width),
		foot: [...question.risks.flatMap(risk => wrap(risk, width).map(part => line(part, 'warn'))), ...answerLines(question, width)],
	};
};

const countOf = ({head, target, foot}: RequiredLines): number => head.length + target.length + foot.length;

/** True if the screen can show the required lines; otherwise nothing confirms the question. */
export const fits = (question: Question, size: Size): boolean => {
	const {columns, rows} = dialogRoom(size);
	return countOf(requiredLines(question, columns)) <= rows;
};

/** The lines of a question: title, target as of the question, facts, exact SQL, risks, and the keys that answer. */
export const confirmationLines = (question: Question, width: number, height: number): readonly Line[] => {
	const required = requiredLines(question, width);
	const {head, target, foot} = required;
	const room = height - countOf(required);
	if (room < 0)
		return [...head, ...wrap('Screen too small to confirm this: any key aborts.', width).map(text => line(text, 'warn'))];
	const sql: Fact = {label: 'SQL', text: question.sql.replaceAll(/\s+/g, ' '), tone: 'dim', lines: 8};
	const optional = [...question.facts.slice(1), sql].flatMap(each => factLines(each, width));
	// Blank lines only if all optional lines fit; otherwise those are cut from the end.
	const hasBlanks = room >= optional.length + 2;
	return hasBlanks
		? [...head, [], ...target, ...optional, [], ...foot]
		: [...head, ...target, ...optional.slice(0, room), ...foot];
};

const answerLines = ({word, input, verb}: Question, width: number): readonly Line[] => {
	if (word !== undefined)
		return [
			...wrap(`Type "${word}" + Enter to confirm. Esc: abort`, width).map(text => line(text)),
			line(input.padEnd(word.length, '_'), 'key'),
		];
	const confirm = [span('[y]', 'key'), span(` ${verb}`)];
	const abort = [span('[any other key]', 'key'), span(' abort')];
	const both = [...confirm, span('   '), ...abort];
	return lineWidth(both) <= width ? [both] : [confirm, abort];
};
