import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {Choice} from '../core/keys/menu.ts';
import type {Size} from '../core/state/key.ts';
import {toWidth} from '../core/text/clean.ts';
import {labelMark, span, wrap} from '../core/text/line.ts';
import type {Look} from '../terminal/look.ts';
import {Lines} from './lines.tsx';
import {MarkedList} from './marked-list.tsx';

type Props = {
	readonly choices: readonly Choice[];
	/** The index of the marked choice. */
	readonly place: number;
	/** The label of the server. */
	readonly label: string | undefined;
	readonly size: Size;
	readonly look: Look;
};

/** The menu of actions on the row: each with its key, refused ones dimmed with the reason; a reason shared by all is shown once. */
export const ActMenu = ({choices, place, label, size, look}: Props): ReactNode => {
	const width = Math.max(30, Math.min(100, size.columns - 4));
	const [first] = choices;
	const common = choices.length > 1 && choices.every(({why}) => why === first?.why) ? first?.why : undefined;
	const reason = common === undefined ? [] : wrap(common, width - 4);
	const labels = choices.map(({key, name, why}) => {
		const label = `${key.padEnd(2)} ${name}${why === undefined || why === common ? '' : `: ${why}`}`;
		return toWidth(label, width - 6, 'left', look.ascii ? '~' : '…');
	});
	return (
		<Box borderStyle={look.ascii ? 'classic' : 'round'} flexDirection="column" width={width} paddingX={1}>
			<Lines lines={[[...labelMark(label), span('Actions', 'strong')]]} look={look} />
			{common !== undefined && <Text>{reason.join('\n')}</Text>}
			<MarkedList
				labels={labels}
				place={place}
				limit={Math.max(3, size.rows - 6 - reason.length)}
				dimFrom={choices.filter(({why}) => why === undefined).length}
				look={look}
			/>
		</Box>
	);
};
