/** A part of a text, from its first character to behind its last. */
export type Range = readonly [from: number, to: number];

const trigger =
	/passw|pwd|passphrase|secret|_token|api_?key|scram|bearer|md5[0-9a-f]{32}|a[ks]ia[0-9a-z]{16}|:\/\/|connection|crypt/i;

/** Whether a text has any of what stands beside secrets; nearly all have not, and cost no more than this: about 1 ms a megabyte. */
export const mayHoldSecrets = (text: string): boolean => trigger.test(text);

/** What names of secrets end with. */
export const secretEnding =
	'(?:password|passwd|passphrase|(?<![a-z])pwd|secret(?:_access)?(?:_?key)?|(?:session|access|auth|refresh)_token|api_?key|scram_(?:client|server)_key)';

const name = new RegExp(`${secretEnding}$`, 'i');

/** Whether a column, a setting or a parameter of this name holds a secret. */
export const isSecretName = (text: string): boolean => name.test(text);
