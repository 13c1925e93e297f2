import {Box} from 'ink';
import type {ReactNode} from 'react';
import type {Overlay} from '../core/state/state.ts';
import {fitLine, span} from '../core/text/line.ts';
import type {Look} from '../terminal/look.ts';
import {Lines} from './lines.tsx';

type Props = {readonly prompt: Extract<Overlay, {kind: 'prompt'}>; readonly columns: number; readonly look: Look};

const filterHint = 'state=active age>5m app!=cron or any word   Enter: apply   Esc: cancel';

const hintOf = ({asks, text, words}: Props['prompt']): string =>
	asks === 'command' ? words.join(' ') : text === '' ? filterHint : '';

/** The filter or command being typed, with its caret, and its completions or its error. */
export const Prompt = ({prompt, columns, look}: Props): ReactNode => {
	const {asks, text, caret, error} = prompt;
	const under = text.slice(caret).match(/^./u)?.[0] ?? ' ';
	const after = text.slice(caret + under.length);
	const hint = error ?? hintOf(prompt);
	const spans = [
		span(asks === 'filter' ? '/' : ':', 'key'),
		span(text.slice(0, caret)),
		span(under, 'cursor'),
		span(after),
		span(hint === '' ? '' : `   ${hint}`, error ? 'danger' : 'dim'),
	];
	return (
		<Box width={columns}>
			<Lines lines={[fitLine(spans, columns)]} look={look} />
		</Box>
	);
};
