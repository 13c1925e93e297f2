import type {Size} from '../../state/key.ts';
import {slice} from '../../text/clean.ts';
import {type Line, labelMark, line, lineWidth, span, type Tone, wrap} from '../../text/line.ts';
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

const sentenceLines = (sentences: readonly string[], tone: Tone, width: number): readonly Line[] =>
	sentences.flatMap(sentence => wrap(sentence, width).map(part => line(part, tone)));

/** The lines that every screen must show: title, target, news, risks and the keys that answer. */
const requiredLines = (question: Question, width: number): RequiredLines => {
	const [first] = question.facts;
	const {news, risks} = question;
	return {
		head: titleLines(question, width),
		target: first === undefined ? [] : factLines({...first, lines: Number.POSITIVE_INFINITY}, width),
		foot: [
			...sentenceLines(news?.sentences ?? [], 'danger', width),
			...sentenceLines(news?.isVoid ? [] : risks, 'warn', width),
			...answerLines(question, width),
		],
	};
};

const countOf = ({head, target, foot}: RequiredLines): number => head.length + target.length + foot.length;

/** True if the screen can show the required lines; otherwise nothing confirms the question. */
export const fits = (question: Question, size: Size): boolean => {
	const {columns, rows} = dialogRoom(size);
	return countOf(requiredLines(question, columns)) <= rows;
};

/** The lines of a question: title, target as of the question, facts, exact SQL, what became of it since, risks, and the keys that answer. */
export const confirmationLines = (question: Question, width: number, height: number): readonly Line[] => {
	const required = requiredLines(question, width);
	const {head, target, foot} = required;
	const room = height - countOf(required);
	if (room < 0) return [...head, ...sentenceLines(['Screen too small to confirm this: any key aborts.'], 'warn', width)];
	const {facts, cautions, sql, ignored, news} = question;
	const reason = sentenceLines(ignored === undefined ? [] : [ignored], 'warn', width).slice(0, room);
	const advice = sentenceLines(news?.isVoid ? [] : cautions, 'warn', width).slice(0, room - reason.length);
	const statement: Fact = {label: 'SQL', text: sql.replaceAll(/\s+/g, ' '), tone: 'dim', lines: 8};
	const optional = [...facts.slice(1), statement].flatMap(each => factLines(each, width));
	const left = room - reason.length - advice.length;
	const end = [...advice, ...foot, ...reason];
	// Blank lines only if all optional lines fit; otherwise those are cut from the end.
	return left >= optional.length + 2
		? [...head, [], ...target, ...optional, [], ...end]
		: [...head, ...target, ...optional.slice(0, left), ...end];
};

const answerLines = ({word, input, verb, news}: Question, width: number): readonly Line[] => {
	if (news?.isVoid) return [[span('[any key]', 'key'), span(' close')]];
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
