import {secretsIn} from './secret-literals.ts';
import {mayHoldSecrets, type Range} from './secret-names.ts';

// A secret behind its mark, wherever that stands: group 1 stays, group 2 is masked.
const marked: readonly RegExp[] = [
	// The user's part of a URI; digits before a path are a port. A password may hold what should have been escaped.
	/(:\/\/[^\s/@:'"?#]{0,256}:)(?!\d{1,5}(?:[/?#,]|$))([^\s'"]{1,256})@/g,
	/(:\/\/[^\s/@:'"?#]{1,256}:)(?!\d{0,5}$)([^\s'"/?#]{1,256})$/g,
	/(\bbearer\s{1,9})([A-Za-z0-9._~+/=-]{16,})/gi,
	/()((?:AKIA|ASIA)[A-Z0-9]{16})(?![A-Z0-9])/g,
	/(SCRAM-SHA-256\$)([^\s'"]+)/gi,
	/(\bmd5)([0-9a-f]{32})(?![0-9a-f])/gi,
];

// The key that belongs to an identifier of AWS has no mark but its length.
const awsIdentifier = /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/;
const awsKey = /(['"])([A-Za-z0-9/+]{40})(?=['"])/g;

const found = (text: string, pattern: RegExp): readonly Range[] =>
	Array.from(text.matchAll(pattern), ({index, 1: mark = '', 2: secret = ''}) => {
		const from = index + mark.length;
		return [from, from + secret.length] as const;
	});

const mask = '***';
const masks = /^\**$/;

/** The text with the ranges masked, those that touch as one; what is masked already stays as it is. */
const covered = (text: string, ranges: readonly Range[]): string => {
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
	covered(text, [
		...secretsIn(text),
		...marked.flatMap(pattern => found(text, pattern)),
		...(awsIdentifier.test(text) ? found(text, awsKey) : []),
	]);

// Masking changes how what is behind a broken literal is read; a text that does not come to rest has nothing to show.
const mostPasses = 8;

/**
 * A statement, a setting or a message of the server with its secrets replaced by `***` and all else as it was: literals of
 * PASSWORD and of what is named like one, passwords in connection strings and URIs, verifiers, tokens, keys of AWS. A text that
 * the server cut is masked up to its end. Masking what is masked changes nothing.
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
