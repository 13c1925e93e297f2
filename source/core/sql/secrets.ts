import {secretsIn} from './secret-literals.ts';
import {mayHoldSecrets, type Range} from './secret-names.ts';

// Secrets with a mark of their own: group 1 stays, group 2 is masked.
const marked: readonly RegExp[] = [
	// The user part of a URI; digits before a path are a port. A password may contain characters that should have been escaped.
	/(:\/\/[^\s/@:'"?#]{0,256}:)(?!\d{1,5}(?:[/?#,]|$))([^\s'"]{1,256})@/g,
	/(:\/\/[^\s/@:'"?#]{1,256}:)(?!\d{0,5}$)([^\s'"/?#]{1,256})$/g,
	/(\bbearer\s{1,9})([A-Za-z0-9._~+/=-]{16,})/gi,
	/()((?:AKIA|ASIA)[A-Z0-9]{16})(?![A-Z0-9])/g,
	/(\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?(?:basic|digest|token|apikey)\s{1,3})([^\s'",;]+)/gi,
	/(SCRAM-SHA-256\$)([^\s'"]+)/gi,
	/(\bmd5)([0-9a-f]{32})(?![0-9a-f])/gi,
];

/** Tokens that their issuer marks with a prefix; one that was cut at the end of the text may be shorter. */
const prefixed: readonly (readonly [prefix: string, rest: string, least: number])[] = [
	['gh[opsur]_', '[A-Za-z0-9]', 20],
	['github_pat_', '\\w', 20],
	['glpat-', '[\\w-]', 16],
	['(?:xox[a-z]|xapp)-', '[\\w-]', 10],
	['AIza', '[\\w-]', 30],
	['[sr]k_(?:live|test)_', '[A-Za-z0-9]', 10],
	['whsec_', '[A-Za-z0-9+/]', 16],
	['npm_', '[A-Za-z0-9]', 30],
	['sk-', '[\\w-]', 20],
	['SG\\.', '[\\w.-]', 30],
	['hf_', '[A-Za-z0-9]', 30],
	['dop_v1_', '[a-f0-9]', 40],
	['pypi-', '[\\w-]', 40],
	['shpat_', '[a-f0-9]', 30],
	['ya29\\.', '[\\w-]', 20],
	['https://hooks\\.slack\\.com/services/', '[\\w/]', 20],
];

const own: readonly RegExp[] = [
	...prefixed.map(([prefix, rest, least]) => new RegExp(`(?<![A-Za-z0-9_-])(${prefix})(${rest}{${least},}|${rest}{4,}$)`, 'g')),
	// A JSON Web Token: its first part is "{" in base64.
	/(?<![A-Za-z0-9_-])(eyJ)([\w-]{8,}\.[\w-]+(?:\.[\w-]*)?)/g,
];

const keyBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnd = /['"]|-----END|$/g;

/** What private keys in PEM consist of, up to their end, the end of the literal or that of the text. */
const privateKeys = (text: string): readonly Range[] => {
	const ranges: Range[] = [];
	keyBegin.lastIndex = 0;
	while (keyBegin.test(text)) {
		const from = keyBegin.lastIndex;
		keyEnd.lastIndex = from;
		const to = keyEnd.exec(text)?.index ?? text.length;
		ranges.push([from, to]);
		keyBegin.lastIndex = to;
	}
	return ranges;
};

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
		...[...marked, ...own].flatMap(pattern => matchesOf(text, pattern)),
		...privateKeys(text),
		...(awsIdentifier.test(text) ? matchesOf(text, awsKey) : []),
	]);

// Masking changes how text after a broken literal is read; a text that does not settle is masked whole.
const mostPasses = 8;

/**
 * A statement, setting or message of the server with its secrets replaced by `***` and the rest unchanged: values of columns,
 * settings, options and parameters whose name says so, keys of pgcrypto, passwords in connection strings and URIs, verifiers, tokens
 * that their issuer marks, private keys. A text that the server cut is masked to its end. Idempotent.
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
