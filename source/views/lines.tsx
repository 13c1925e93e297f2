import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {Line} from '../core/text/line.ts';
import type {Look} from '../terminal/look.ts';
import {Styled} from './styled.tsx';

/** Lines of the core inside Ink: their spans are clean, and server text has no other way into a view. */
export const Lines = ({lines, look}: {readonly lines: readonly Line[]; readonly look: Look}): ReactNode => (
	<Box flexDirection="column">
		{lines.map((spans, row) => (
			// biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
			<Text key={row} wrap="truncate">
				{spans.length === 0
					? ' '
					: spans.map((part, place) => (
							// biome-ignore lint/suspicious/noArrayIndexKey: a span is its place
							<Styled key={place} tone={part.tone} look={look}>
								{part.text}
							</Styled>
						))}
			</Text>
		))}
	</Box>
);
