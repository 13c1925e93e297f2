import {Box, Text} from 'ink';
import SelectInput from 'ink-select-input';
import type {ReactNode} from 'react';
import type {Size} from '../core/key.ts';
import type {Choice} from '../core/menu.ts';
import {toWidth} from '../core/text.ts';
import type {Look} from './look.ts';

type Props = {
	readonly choices: readonly Choice[];
	readonly size: Size;
	readonly look: Look;
	readonly onChoose: (place: number) => void;
};

/** The menu of what can be done to the row: each action with its key and, where it cannot act, why. */
export const ActMenu = ({choices, size, look, onChoose}: Props): ReactNode => {
	const width = Math.max(30, Math.min(100, size.columns - 4));
	const items = choices.map(({key, called, why}, place) => ({
		key: String(place),
		label: toWidth(`${key.padEnd(2)} ${called}${why === undefined ? '' : `: ${why}`}`, width - 6, 'left', look.ascii ? '~' : '…'),
		value: place,
	}));
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} flexDirection="column" width={width} paddingX={1}>
			<Text bold>Actions</Text>
			<SelectInput
				items={items}
				limit={Math.max(3, Math.min(items.length, size.rows - 6))}
				onSelect={({value}) => onChoose(value)}
			/>
		</Box>
	);
};
