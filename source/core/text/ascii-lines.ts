import {inAscii} from './ascii.ts';
import {type Line, lineWidth, type Parts, type Span, span} from './line.ts';

/** A line in ASCII. */
export const lineInAscii = (spans: Line): Line => spans.map(({text, tone}) => span(inAscii(text), tone));

/** Parts of a line in ASCII. */
export const partsInAscii = (parts: Parts): Parts => parts.map(lineInAscii);

/** A line of a page in ASCII; what no longer fits the width continues on lines of its own. */
export const linesInAscii = (spans: Line, width: number): readonly Line[] => {
	const whole = lineInAscii(spans);
	if (lineWidth(whole) <= width || width <= 0) return [whole];
	const lines: Span[][] = [[]];
	let used = 0;
	for (const {text, tone} of whole)
		for (let from = 0; from < text.length; ) {
			if (used === width) {
				lines.push([]);
				used = 0;
			}
			const part = text.slice(from, from + width - used);
			lines.at(-1)?.push(span(part, tone));
			from += part.length;
			used += part.length;
		}
	return lines.filter((parts, index) => index === 0 || parts.some(({text}) => text.trim() !== ''));
};
