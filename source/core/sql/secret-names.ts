/** Part of a text; `to` is exclusive. */
export type Range = readonly [from: number, to: number];

const keys = '(?:api|access|private|encrypt(?:ion)?|decrypt(?:ion)?|signing|account|auth|master|symmetric|shared)[_-]?key';
const tokens = '(?:session|access|auth|refresh|id|api|bearer|reset|oauth|security|personal|private|client|user|bot|csrf)_?token';

/** Pattern of the endings of names of secrets. */
export const secretEnding = `(?:pass(?:word|wd|phrase|code)(?:_(?:hash|digest))?|(?<![a-z0-9])(?:pwd|pass|token|jwt)|secret(?:[_-]?access)?(?:[_-]?key)?|${keys}|${tokens}|scram_(?:client|server)_key)`;

const name = new RegExp(`${secretEnding}$`, 'i');
// Longer than any of them.
const mostOfName = 40;

/** True if a column, setting, parameter or function of this name holds a secret. */
export const isSecretName = (text: string): boolean => name.test(text.slice(-mostOfName));

const marks = [
	'pass(?:w|phrase|code|\\b)',
	'pwd',
	'secret',
	'token',
	'jwt',
	keys,
	'scram',
	'bearer',
	'authorization',
	'md5[0-9a-f]{32}',
	'a[ks]ia[0-9a-z]{16}',
	':\\/\\/',
	'connection',
	'crypt',
	'hmac',
	'private key',
	'eyj[\\w-]{8}',
	'gh[opsur]_',
	'github_pat_',
	'glpat-',
	'xox[a-z]-',
	'xapp-',
	'aiza[\\w-]',
	'[sr]k_(?:live|test)_',
	'whsec_',
	'npm_',
	'\\bsk-',
	'sg\\.',
	'\\bhf_',
	'dop_v1_',
	'pypi-',
	'shpat_',
	'ya29\\.',
];

const trigger = new RegExp(marks.join('|'), 'i');

/**
 * True if a text has any word that goes with secrets. Nearly no text has, and then this is the whole cost: a few milliseconds per
 * megabyte.
 */
export const mayHoldSecrets = (text: string): boolean => trigger.test(text);
