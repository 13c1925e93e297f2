import {Text} from 'ink';
import SelectInput from 'ink-select-input';
import type {ReactNode} from 'react';
import type {Look} from '../terminal/look.ts';
import {Styled} from './styled.tsx';

type Props = {
	readonly labels: readonly string[];
	/** The index of the marked label. */
	readonly place: number;
	/** The number of labels that fit. */
	readonly limit: number;
	/** The index of the first dimmed label; none if undefined. */
	readonly dimFrom?: number;
	readonly look: Look;
};

type Marked = {readonly isSelected?: boolean};

/** The labels of a menu around the marked one. */
export const MarkedList = ({labels, place, limit, dimFrom = labels.length, look}: Props): ReactNode => {
	const top = Math.max(0, Math.min(place - (limit >> 1), labels.length - limit));
	const items = labels.slice(top, top + limit).map((label, index) => ({key: String(top + index), label, value: top + index}));
	const dimmed = new Set(labels.slice(dimFrom));
	const mark = look.ascii ? '> ' : '❯ ';
	// SelectInput keeps its own mark and loses it on a resize: the core holds the mark, so that Enter chooses the one on screen.
	return (
		<SelectInput
			key={`${place} of ${limit}`}
			items={items}
			initialIndex={place - top}
			isFocused={false}
			indicatorComponent={({isSelected = false}: Marked) => (
				<Styled tone="key" look={look}>
					{isSelected ? mark : '  '}
				</Styled>
			)}
			itemComponent={({isSelected = false, label}: Marked & {readonly label: string}) => (
				<Text>
					<Styled tone={isSelected ? 'cursor' : dimmed.has(label) ? 'dim' : 'calm'} look={look}>
						{label}
					</Styled>
				</Text>
			)}
		/>
	);
};
