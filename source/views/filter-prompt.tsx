import {Box} from 'ink';
import type {ReactNode} from 'react';
import {fitLine, span} from '../core/line.ts';
import type {Overlay} from '../core/state.ts';
import {Lines} from './lines.tsx';
import type {Look} from './look.ts';

type Props = {readonly prompt: Extract<Overlay, {kind: 'prompt'}>; readonly columns: number; readonly look: Look};

/** The filter as it is typed, with its caret, and what is wrong with it. */
export const FilterPrompt = ({prompt: {text, caret, error}, columns, look}: Props): ReactNode => {
	const under = text.slice(caret).match(/^./u)?.[0] ?? ' ';
	const after = text.slice(caret + under.length);
	const hint = error ?? (text === '' ? 'state=active age>5m app!=cron, a bare word anywhere; Enter keeps, Esc gives up' : '');
	const spans = [
		span('/', 'key'),
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
