import {Box, Text} from 'ink';
import SelectInput from 'ink-select-input';
import type {ReactNode} from 'react';
import type {Column} from '../core/column.ts';
import type {Look} from './look.ts';

type Props = {
	readonly columns: readonly Column[];
	readonly chosen: string | undefined;
	readonly rows: number;
	readonly look: Look;
	readonly onChoose: (column: string) => void;
};

/** The menu of columns to sort by. */
export const SortMenu = ({columns, chosen, rows, look, onChoose}: Props): ReactNode => {
	const width = Math.max(...columns.map(({id}) => id.length));
	const items = columns.map(({id, help}) => ({label: `${id.padEnd(width)}  ${help}`, value: id}));
	const initial = Math.max(
		0,
		items.findIndex(({value}) => value === chosen),
	);
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} flexDirection="column" paddingX={1}>
			<Text bold>Sort by</Text>
			<SelectInput
				items={items}
				initialIndex={initial}
				limit={Math.max(3, Math.min(items.length, rows - 6))}
				onSelect={({value}) => onChoose(value)}
			/>
		</Box>
	);
};
