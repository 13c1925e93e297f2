import type {Fact, Question} from './deed.ts';
import {type Line, line, span, wrap} from './line.ts';

/** The words of a question: what is meant as it was when it was asked, what that holds up, the exact SQL, the risks, the answer. */
export const confirmationLines = (question: Question, width: number, height: number): readonly Line[] => {
	const {title, facts, sql, risks} = question;
	const labelled = ({label, text, tone, lines}: Fact): readonly Line[] =>
		wrap(text, width - 9)
			.slice(0, lines)
			.map((part, index): Line => [span((index === 0 ? label : '').padEnd(9), 'dim'), span(part, tone)]);
	const head = wrap(title, width).map(text => line(text, 'strong'));
	const foot = [...risks.flatMap(risk => wrap(risk, width).map(part => line(part, 'warn'))), ...answerLines(question, width)];
	const statement: Fact = {label: 'SQL', text: sql.replaceAll(/\s+/g, ' '), tone: 'dim', lines: 8};
	const middle = [...facts, statement].flatMap(labelled);
	// Who is meant and what answers must be seen on any screen; the rest goes from its end.
	const room = height - head.length - foot.length;
	const airy = room >= middle.length + 2;
	return airy ? [...head, [], ...middle, [], ...foot] : [...head, ...middle.slice(0, Math.max(1, room)), ...foot];
};

const answerLines = ({word, typed, does}: Question, width: number): readonly Line[] =>
	word === undefined
		? wrap(`y ${does}; any other key does nothing.`, width).map((text, index) =>
				index === 0 ? [span('y', 'key'), span(text.slice(1))] : line(text),
			)
		: [
				...wrap(`Type ${word} and Enter; Esc does nothing.`, width).map(text => line(text)),
				line(typed.padEnd(word.length, '_'), 'key'),
			];
