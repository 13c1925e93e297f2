import {secretsIn} from './secret-literals.ts';
import {mayHoldSecrets, type Range} from './secret-names.ts';

// Secrets with a mark of their own: group 1 stays, group 2 is masked.
const marked: readonly RegExp[] = [
	// The user part of a URI; digits before a path are a port. A password may contain characters that should have been escaped.
	/(:\/\/[^\s/@:'"?#]{0,256}:)(?!\d{1,5}(?:[/?#,]|$))([^\s'"]{1,256})@/g,
	/(:\/\/[^\s/@:'"?#]{1,256}:)(?!\d{0,5}$)([^\s'"/?#]{1,256})$/g,
	/(\bbearer\s{1,9})([A-Za-z0-9._~+/=-]{16,})/gi,
	/()((?:AKIA|ASIA)[A-Z0-9]{16})(?![A-Z0-9])/g,
	/(SCRAM-SHA-256\$)([^\s'"]+)/gi,
	/(\bmd5)([0-9a-f]{32})(?![0-9a-f])/gi,
];

// An AWS key next to its identifier has no mark but its length.
const awsIdentifier = /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/;
const awsKey = /(['"])([A-Za-z0-9/+]{40})(?=['"])/g;

const matchesOf = (text: string, pattern: RegExp): readonly Range[] =>
	Array.from(text.matchAll(pattern), ({index, 1: mark = '', 2: secret = ''}) => {
		const from = index + mark.length;
		return [from, from + secret.length] as const;
	});

const mask = '***';
const masks = /^\**$/;

/** The text with its ranges masked, touching ones as one; a range that is masked already stays. */
const withMasks = (text: string, ranges: readonly Range[]): string => {
	let out = '';
	let done = 0;
	const rest = ranges.toSorted((a, b) => a[0] - b[0]);
	for (let index = 0; index < rest.length; ) {
		const [from, first] = rest[index++] as Range;
		let to = first;
		for (let next = rest[index]; next && next[0] <= to; next = rest[++index]) to = Math.max(to, next[1]);
		if (masks.test(text.slice(from, to))) continue;
		out += text.slice(done, from) + mask;
		done = to;
	}
	return done === 0 ? text : out + text.slice(done);
};

const maskedOnce = (text: string): string =>
	withMasks(text, [
		...secretsIn(text),
		...marked.flatMap(pattern => matchesOf(text, pattern)),
		...(awsIdentifier.test(text) ? matchesOf(text, awsKey) : []),
	]);

// Masking changes how text after a broken literal is read; a text that does not settle is masked whole.
const mostPasses = 8;

/**
 * A statement, setting or message of the server with its secrets replaced by `***` and the rest unchanged: literals after PASSWORD
 * and similar names, passwords in connection strings and URIs, verifiers, tokens, AWS keys. A text that the server cut is masked to
 * its end. Idempotent.
 */
export const masked = (text: string): string => {
	if (!mayHoldSecrets(text)) return text;
	let before = text;
	for (let pass = 0; pass < mostPasses; pass++) {
		const after = maskedOnce(before);
		if (after === before) return after;
		before = after;
	}
	return mask;
};
