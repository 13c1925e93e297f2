import type {Cell} from '../core/state/key.ts';

// Modifiers of a button: Shift, Alt and Ctrl.
const modifiers = 4 | 8 | 16;

const buttons: Readonly<Record<number, string>> = {0: 'click', 64: 'wheel-up', 65: 'wheel-down'};

/**
 * The key of an SGR mouse report without its ESC [, and the cell that it is about; undefined for any other sequence. The release
 * of a button, and buttons without a meaning, have no name.
 */
export const mouseOf = (body: string): {readonly name: string | undefined; readonly cell: Cell} | undefined => {
	const [, button, column, row, final] = /^<(\d{1,3});(\d{1,5});(\d{1,5})([Mm])$/.exec(body) ?? [];
	if (final === undefined) return undefined;
	return {
		name: final === 'M' ? buttons[Number(button) & ~modifiers] : undefined,
		cell: {column: Number(column) - 1, row: Number(row) - 1},
	};
};
