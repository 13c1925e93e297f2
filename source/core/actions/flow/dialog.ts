import type {Size} from '../../state/key.ts';
import {type Line, line, span, wrap} from '../../text/line.ts';
import type {Fact, Question} from '../question.ts';

/** The cells that the words of a question may take on a screen, within its border. */
export const dialogRoom = ({columns, rows}: Size): Size => ({
	columns: Math.max(30, Math.min(100, columns - 4)) - 4,
	rows: rows - 2,
});

type Parts = {readonly head: readonly Line[]; readonly whom: readonly Line[]; readonly foot: readonly Line[]};

const labelled = ({label, text, tone, lines}: Fact, width: number): readonly Line[] =>
	wrap(text, width - 9)
		.slice(0, lines)
		.map((part, index): Line => [span((index === 0 ? label : '').padEnd(9), 'dim'), span(part, tone)]);

/** What must be seen of a question on any screen: what it asks, who or what is meant, the risks and what answers. */
const needed = (question: Question, width: number): Parts => {
	const [first] = question.facts;
	return {
		head: wrap(question.title, width).map(text => line(text, 'strong')),
		whom: first === undefined ? [] : labelled({...first, lines: Number.POSITIVE_INFINITY}, width),
		foot: [...question.risks.flatMap(risk => wrap(risk, width).map(part => line(part, 'warn'))), ...answerLines(question, width)],
	};
};

const linesOf = ({head, whom, foot}: Parts): number => head.length + whom.length + foot.length;

/** Whether a screen shows what must be seen before a yes. */
export const fits = (question: Question, size: Size): boolean => {
	const {columns, rows} = dialogRoom(size);
	return linesOf(needed(question, columns)) <= rows;
};

/** The words of a question: what is meant as it was when it was asked, what that holds up, the exact SQL, the risks, the answer. */
export const confirmationLines = (question: Question, width: number, height: number): readonly Line[] => {
	const parts = needed(question, width);
	const {head, whom, foot} = parts;
	if (linesOf(parts) > height)
		return [
			...head,
			...wrap('The screen is too small for this question: any key goes back.', width).map(text => line(text, 'warn')),
		];
	const statement: Fact = {label: 'SQL', text: question.sql.replaceAll(/\s+/g, ' '), tone: 'dim', lines: 8};
	const rest = [...question.facts.slice(1), statement].flatMap(each => labelled(each, width));
	// What is not needed for an answer goes from its end.
	const room = height - linesOf(parts);
	const airy = room >= rest.length + 2;
	return airy ? [...head, [], ...whom, ...rest, [], ...foot] : [...head, ...whom, ...rest.slice(0, room), ...foot];
};

const answerLines = ({word, input: typed, verb: does}: Question, width: number): readonly Line[] =>
	word === undefined
		? wrap(`y ${does}; any other key does nothing.`, width).map((text, index) =>
				index === 0 ? [span('y', 'key'), span(text.slice(1))] : line(text),
			)
		: [
				...wrap(`Type ${word} and Enter; Esc does nothing.`, width).map(text => line(text)),
				line(typed.padEnd(word.length, '_'), 'key'),
			];
