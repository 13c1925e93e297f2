import {Text} from 'ink';
import SelectInput from 'ink-select-input';
import type {ReactNode} from 'react';

type Props = {
	readonly labels: readonly string[];
	/** The index of the marked label. */
	readonly place: number;
	/** The number of labels that fit. */
	readonly limit: number;
	/** The index of the first dimmed label; none if undefined. */
	readonly dimFrom?: number;
};

/** The labels of a menu around the marked one. */
export const MarkedList = ({labels, place, limit, dimFrom = labels.length}: Props): ReactNode => {
	const top = Math.max(0, Math.min(place - (limit >> 1), labels.length - limit));
	const items = labels.slice(top, top + limit).map((label, index) => ({key: String(top + index), label, value: top + index}));
	const dimmed = new Set(labels.slice(dimFrom));
	const Item = ({label, isSelected = false}: {readonly label: string; readonly isSelected?: boolean}): ReactNode => (
		<Text dimColor={dimmed.has(label)} {...(isSelected && {color: 'blue'})}>
			{label}
		</Text>
	);
	// SelectInput keeps its own mark and loses it on a resize: the core holds the mark, so that Enter chooses the one on screen.
	return (
		<SelectInput key={`${place} of ${limit}`} items={items} initialIndex={place - top} isFocused={false} itemComponent={Item} />
	);
};
