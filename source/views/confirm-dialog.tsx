import {Box} from 'ink';
import type {ReactNode} from 'react';
import {confirmationLines, dialogRoom} from '../core/actions/flow/dialog.ts';
import type {Question} from '../core/actions/question.ts';
import type {Size} from '../core/state/key.ts';
import {usePainted} from '../hooks/use-painted.ts';
import type {Look} from '../terminal/look.ts';
import {Lines} from './lines.tsx';

type Props = {readonly question: Question; readonly size: Size; readonly look: Look; readonly onPainted: () => void};

/** The question before an action. The core handles its keys, and accepts an answer only after it was painted. */
export const ConfirmDialog = ({question, size, look, onPainted}: Props): ReactNode => {
	usePainted(onPainted, question.paintedAt === undefined);
	const {columns, rows} = dialogRoom(size);
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} width={columns + 4} paddingX={1}>
			<Lines lines={confirmationLines(question, columns, rows)} look={look} />
		</Box>
	);
};
