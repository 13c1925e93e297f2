import {type Line, line, type Tone, wrap} from '../../core/text/line.ts';

/** Lines of a text, wrapped to the width and indented by two columns. */
export const indented = (text: string, width: number, tone: Tone = 'calm'): readonly Line[] =>
	wrap(text, width - 2).map(part => line(`  ${part}`, tone));
