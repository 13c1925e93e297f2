// Far more than the sample of any server.
const mostBytes = 64 * 1024 ** 2;

/** A line of text; `ended` is false for a last line without a line break, as in a file still being written. */
export type TextLine = {readonly text: string; readonly ended: boolean};

/** Splits UTF-8 text into lines; yields `undefined` for a damaged line: bytes are lost, or it is longer than 64 MB. */
export async function* linesIn(chunks: AsyncIterable<Buffer | undefined>): AsyncGenerator<TextLine | undefined> {
	let parts: Buffer[] = [];
	let bytes = 0;
	let isLost = false;
	const text = (): string => Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
	const begin = (): void => {
		parts = [];
		bytes = 0;
		isLost = false;
	};
	for await (const chunk of chunks) {
		if (!chunk) {
			yield undefined;
			begin();
			continue;
		}
		let from = 0;
		for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
			parts.push(chunk.subarray(from, end));
			yield isLost ? undefined : {text: text(), ended: true};
			begin();
			from = end + 1;
		}
		bytes += chunk.length - from;
		isLost ||= bytes > mostBytes;
		if (isLost) parts = [];
		else if (from < chunk.length) parts.push(chunk.subarray(from));
	}
	if (isLost) yield undefined;
	else if (bytes > 0) yield {text: text(), ended: false};
}
