import {Transform} from 'ink';
import type {ReactNode} from 'react';
import type {Tone} from '../core/text/line.ts';
import type {Look} from '../terminal/look.ts';
import {inStyle} from '../terminal/sgr.ts';

type Props = {readonly tone: Tone; readonly look: Look; readonly children: ReactNode};

/**
 * Text in the style of a tone, as the tables have it. Views use no style of Ink's own: chalk judges the terminal again, and drops
 * even inverse video without colors.
 */
export const Styled = ({tone, look, children}: Props): ReactNode => (
	<Transform transform={text => inStyle(text, look.styles[tone])}>{children}</Transform>
);
