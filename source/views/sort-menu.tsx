import {Box} from 'ink';
import type {ReactNode} from 'react';
import type {Column} from '../core/pane/column.ts';
import type {Size} from '../core/state/key.ts';
import {toWidth, widthOf} from '../core/text/clean.ts';
import type {Look} from '../terminal/look.ts';
import {MarkedList} from './marked-list.tsx';
import {Styled} from './styled.tsx';

type Props = {
	readonly columns: readonly Column[];
	/** The index of the marked column. */
	readonly place: number;
	readonly size: Size;
	readonly look: Look;
};

/** The menu of columns to sort by, with their titles in the table. */
export const SortMenu = ({columns, place, size, look}: Props): ReactNode => {
	const width = Math.max(...columns.map(({title}) => widthOf(title)));
	const longest = Math.max(...columns.map(({help}) => width + 2 + help.length));
	const labels = columns.map(({title, help}) =>
		toWidth(`${toWidth(title, width)}  ${help}`, Math.min(longest, size.columns - 6), 'left', look.ascii ? '~' : '…'),
	);
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} flexDirection="column" alignSelf="flex-start" paddingX={1}>
			<Styled tone="strong" look={look}>
				Sort by
			</Styled>
			<MarkedList labels={labels} place={place} limit={Math.max(3, size.rows - 6)} look={look} />
		</Box>
	);
};
