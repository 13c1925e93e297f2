import xterm from '@xterm/headless';

/** A terminal without a window that shows the bytes it is fed. */
export type Replica = {
	readonly feed: (bytes: Uint8Array) => Promise<void>;
	readonly text: () => string;
	/** Characters, colors and attributes of every cell, to detect changes. */
	readonly cells: () => string;
};

/** Creates a replica. */
export const createReplica = (columns: number, rows: number): Replica => {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, scrollback: 0});
	const lineOf = (row: number) => terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
	const all = Array.from({length: rows}, (_, row) => row);
	return {
		feed: bytes => new Promise(resolve => terminal.write(bytes, resolve)),
		text: () => all.map(row => lineOf(row)?.translateToString(true).trimEnd() ?? '').join('\n'),
		cells: () => {
			const out: (string | number)[] = [];
			for (const row of all) {
				const line = lineOf(row);
				for (let column = 0; column < columns; column++) {
					const cell = line?.getCell(column);
					if (cell)
						out.push(cell.getChars(), cell.getFgColor(), cell.getBgColor(), cell.isInverse(), cell.isBold(), cell.isUnderline());
				}
			}
			return out.join();
		},
	};
};

/** Milliseconds from the start of a program to the first chunk after which the screen matches; undefined if none does. */
export const firstShown = async (
	{begunAt, chunks}: {readonly begunAt: number; readonly chunks: readonly {readonly at: number; readonly bytes: Buffer}[]},
	pattern: RegExp,
	size: {readonly columns: number; readonly rows: number},
): Promise<number | undefined> => {
	const replica = createReplica(size.columns, size.rows);
	for (const {at, bytes} of chunks) {
		await replica.feed(bytes);
		if (pattern.test(replica.text())) return at - begunAt;
	}
	return undefined;
};
