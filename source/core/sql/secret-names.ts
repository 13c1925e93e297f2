/** Part of a text; `to` is exclusive. */
export type Range = readonly [from: number, to: number];

const trigger =
	/passw|pwd|passphrase|secret|_token|api_?key|scram|bearer|md5[0-9a-f]{32}|a[ks]ia[0-9a-z]{16}|:\/\/|connection|crypt/i;

/**
 * True if a text has any word that goes with secrets. Nearly no text has, and then this is the whole cost: about 1 ms per megabyte.
 */
export const mayHoldSecrets = (text: string): boolean => trigger.test(text);

/** Pattern of the endings of names of secrets. */
export const secretEnding =
	'(?:password|passwd|passphrase|(?<![a-z])pwd|secret(?:_access)?(?:_?key)?|(?:session|access|auth|refresh)_token|api_?key|scram_(?:client|server)_key)';

const name = new RegExp(`${secretEnding}$`, 'i');

/** True if a column, setting or parameter of this name holds a secret. */
export const isSecretName = (text: string): boolean => name.test(text);
