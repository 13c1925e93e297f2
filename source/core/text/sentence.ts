// The punctuation of other languages ends a message of the server too.
const ended = /[.!?:;…。！？]["')\]]?$/;

/** Text with a full stop, unless it ends a sentence already. */
export const fullStop = (text: string): string => (text === '' || ended.test(text) ? text : `${text}.`);

/** Parts as sentences of one text; an absent part, and one that an earlier part already says, are left out. */
export const joinSentences = (...parts: readonly (string | undefined)[]): string =>
	parts
		.map(part => fullStop((part ?? '').trim()))
		.reduce((text, part) => (part === '' || text.includes(part) ? text : text === '' ? part : `${text} ${part}`), '');
