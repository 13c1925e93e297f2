import type {Key} from '../state/key.ts';

/** A line of text and the position of its caret, in UTF-16 units. */
export type Edited = {readonly text: string; readonly caret: number};

/** The text after a key, edited like readline; undefined for keys that edit nothing. A paste becomes one line. */
export const edit = ({text, caret}: Edited, key: Key): Edited | undefined => {
	const before = text.slice(0, caret);
	const after = text.slice(caret);
	switch (key.name) {
		case 'backspace':
			return {text: before.slice(0, -lastLength(before)) + after, caret: caret - lastLength(before)};
		case 'delete':
			return {text: before + after.slice(firstLength(after)), caret};
		case 'left':
			return {text, caret: caret - lastLength(before)};
		case 'right':
			return {text, caret: caret + firstLength(after)};
		case 'home':
		case 'ctrl-a':
			return {text, caret: 0};
		case 'end':
		case 'ctrl-e':
			return {text, caret: text.length};
		case 'ctrl-u':
			return {text: after, caret: 0};
		case 'ctrl-k':
			return {text: before, caret};
		case 'ctrl-w': {
			const rest = before.replace(/\S+\s*$/, '');
			return {text: rest + after, caret: rest.length};
		}
		default: {
			const input = key.text.replace(/[\r\n\t]+/g, ' ');
			return input === '' ? undefined : {text: before + input + after, caret: caret + input.length};
		}
	}
};

const lastLength = (text: string): number => Array.from(text).at(-1)?.length ?? 0;
const firstLength = (text: string): number => Array.from(text)[0]?.length ?? 0;
