import {Box} from 'ink';
import type {ReactNode} from 'react';
import type {Question} from '../core/deed.ts';
import {confirmationLines} from '../core/dialog.ts';
import type {Size} from '../core/key.ts';
import {usePainted} from '../hooks/use-painted.ts';
import {Lines} from './lines.tsx';
import type {Look} from './look.ts';

type Props = {readonly question: Question; readonly size: Size; readonly look: Look; readonly onPainted: () => void};

/** The question before a signal. It takes no keys itself: what a key answers is decided in the core, from when it was painted. */
export const ConfirmDialog = ({question, size, look, onPainted}: Props): ReactNode => {
	usePainted(onPainted);
	const width = Math.max(30, Math.min(100, size.columns - 4));
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} width={width} paddingX={1}>
			<Lines lines={confirmationLines(question, width - 4, size.rows - 2)} look={look} />
		</Box>
	);
};
