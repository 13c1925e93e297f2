import {Box, Text} from 'ink';
import SelectInput from 'ink-select-input';
import type {ReactNode} from 'react';
import type {Column} from '../core/column.ts';
import type {Size} from '../core/key.ts';
import {toWidth} from '../core/text.ts';
import type {Look} from './look.ts';

type Props = {
	readonly columns: readonly Column[];
	readonly chosen: string | undefined;
	readonly size: Size;
	readonly look: Look;
	readonly onChoose: (column: string) => void;
};

/** The menu of columns to sort by. */
export const SortMenu = ({columns, chosen, size, look, onChoose}: Props): ReactNode => {
	const width = Math.max(...columns.map(({id}) => id.length));
	const longest = Math.max(...columns.map(({help}) => width + 2 + help.length));
	const items = columns.map(({id, help}) => ({
		label: toWidth(`${id.padEnd(width)}  ${help}`, Math.min(longest, size.columns - 6), 'left', look.ascii ? '~' : '…'),
		value: id,
	}));
	const initial = Math.max(
		0,
		items.findIndex(({value}) => value === chosen),
	);
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} flexDirection="column" alignSelf="flex-start" paddingX={1}>
			<Text bold>Sort by</Text>
			<SelectInput
				items={items}
				initialIndex={initial}
				limit={Math.max(3, Math.min(items.length, size.rows - 6))}
				onSelect={({value}) => onChoose(value)}
			/>
		</Box>
	);
};
