import {type Line, line, span, type Tone, wrap} from './line.ts';
import type {Confirmation} from './state.ts';
import {stateOf} from './target.ts';
import {clean, cleanLines} from './text.ts';

/** The words of a confirmation: its target as it was when the question was asked, what it holds up, the exact SQL, the risks. */
export const confirmationLines = (
	{signal, target, sql, askedAt, risks, word, typed}: Confirmation,
	width: number,
	height: number,
): readonly Line[] => {
	const labelled = (label: string, text: string, tone: Tone = 'calm'): readonly Line[] =>
		wrap(text, width - 9).map((part, index): Line => [span((index === 0 ? label : '').padEnd(9), 'dim'), span(part, tone)]);
	const title = signal === 'cancel' ? `Cancel the statement of session ${target.pid}?` : `Terminate session ${target.pid}?`;
	const client = `${quoted(target.application_name ?? '')} from ${target.client_addr ?? 'a local socket'}`;
	const waiters =
		target.blocks === null
			? 'It is not known who waits behind it.'
			: target.blocks === 0
				? 'Nobody waits behind it.'
				: `${target.blocks} ${target.blocks === 1 ? 'session waits' : 'sessions wait'} behind it.`;
	const statement = cleanLines(target.query ?? '').find(text => text.trim() !== '') ?? '';
	const answerLines: readonly Line[] =
		word === undefined
			? wrap(`y ${signal === 'cancel' ? 'cancels' : 'terminates'} it; any other key does nothing.`, width).map((text, index) =>
					index === 0 ? [span('y', 'key'), span(text.slice(1))] : line(text),
				)
			: [
					...wrap(`Type ${word} and Enter; Esc does nothing.`, width).map(text => line(text)),
					line(typed.padEnd(word.length, '_'), 'key'),
				];
	const head = wrap(title, width).map(text => line(text, 'strong'));
	const foot = [...risks.flatMap(risk => wrap(risk, width).map(part => line(part, 'warn'))), ...answerLines];
	const middle = [
		...labelled('session', `${quoted(target.usename ?? '?')}@${quoted(target.datname ?? '-')}, ${target.backend_type}`),
		...labelled('blocks', waiters, target.blocks === 0 ? 'calm' : 'danger'),
		...labelled('client', client),
		...labelled('state', stateOf(target, askedAt), target.state === 'idle in transaction' ? 'warn' : 'calm'),
		...labelled(target.state === 'active' ? 'runs' : 'last ran', statement === '' ? 'nothing' : statement).slice(0, 2),
		...labelled('SQL', sql.replaceAll(/\s+/g, ' '), 'dim'),
	];
	// Who is meant and what answers must be seen on any screen; the rest goes from its end.
	const room = height - head.length - foot.length;
	const airy = room >= middle.length + 2;
	return airy ? [...head, [], ...middle, [], ...foot] : [...head, ...middle.slice(0, Math.max(1, room)), ...foot];
};

/** A name so that twins differ: in quotes where it is empty, begins or ends with a blank, or hides something. */
const quoted = (name: string): string =>
	name === '' || name !== name.trim() || clean(name) !== name || /["\\]/.test(name) ? `"${clean(name)}"` : name;
