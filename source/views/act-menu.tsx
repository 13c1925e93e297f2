import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {Size} from '../core/key.ts';
import type {Choice} from '../core/menu.ts';
import {toWidth} from '../core/text.ts';
import type {Look} from './look.ts';
import {MarkedList} from './marked-list.tsx';

type Props = {
	readonly choices: readonly Choice[];
	/** The place of the choice that is marked. */
	readonly place: number;
	readonly size: Size;
	readonly look: Look;
};

/** The menu of what can be done to the row: each action with its key and, where it cannot act, why. */
export const ActMenu = ({choices, place, size, look}: Props): ReactNode => {
	const width = Math.max(30, Math.min(100, size.columns - 4));
	const labels = choices.map(({key, called, why}) =>
		toWidth(`${key.padEnd(2)} ${called}${why === undefined ? '' : `: ${why}`}`, width - 6, 'left', look.ascii ? '~' : '…'),
	);
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} flexDirection="column" width={width} paddingX={1}>
			<Text bold>Actions</Text>
			<MarkedList labels={labels} place={place} limit={Math.max(3, size.rows - 6)} />
		</Box>
	);
};
