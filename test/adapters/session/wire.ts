/** Messages of a PostgreSQL server, as bytes. */

/** A message with its code and its body. */
export const message = (code: string, body: Buffer | string = ''): Buffer => {
	const header = Buffer.alloc(5);
	header.write(code);
	header.writeInt32BE(Buffer.byteLength(body) + 4, 1);
	return Buffer.concat([header, Buffer.from(body)]);
};

/** Numbers of 16 bits. */
const shorts = (...numbers: readonly number[]): Buffer => {
	const bytes = Buffer.alloc(numbers.length * 2);
	for (const [at, number] of numbers.entries()) bytes.writeInt16BE(number, at * 2);
	return bytes;
};

/** A row of an answer. */
export const row = (...cells: readonly (string | null)[]): Buffer => {
	const parts = cells.map(cell => {
		const length = Buffer.alloc(4);
		length.writeInt32BE(cell === null ? -1 : Buffer.byteLength(cell));
		return Buffer.concat([length, Buffer.from(cell ?? '')]);
	});
	return message('D', Buffer.concat([shorts(cells.length), ...parts]));
};

/** The description of the columns of an answer. */
export const columns = (...names: readonly string[]): Buffer =>
	message(
		'T',
		Buffer.concat([shorts(names.length), ...names.map(name => Buffer.concat([Buffer.from(`${name}\0`), Buffer.alloc(18)]))]),
	);

/** The message that ends an answer. */
export const readyForQuery = message('Z', 'I');

/** The end of a statement. */
export const complete = message('C', 'SELECT 1\0');
