import SelectInput from 'ink-select-input';
import type {ReactNode} from 'react';

type Props = {
	readonly labels: readonly string[];
	/** The place of the label that is marked. */
	readonly place: number;
	/** How many labels there is room for. */
	readonly limit: number;
};

/** The labels of a menu around the one that is marked. */
export const MarkedList = ({labels, place, limit}: Props): ReactNode => {
	const top = Math.max(0, Math.min(place - (limit >> 1), labels.length - limit));
	const items = labels.slice(top, top + limit).map((label, index) => ({key: String(top + index), label, value: top + index}));
	// It keeps its mark to itself and forgets it with its size: the core holds the mark, so that Enter takes what is seen.
	return <SelectInput key={`${place} of ${limit}`} items={items} initialIndex={place - top} isFocused={false} />;
};
