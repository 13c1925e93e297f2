/** A mistake of the user's or a server that cannot be had: one sentence, what to do, and the exit code of the contract. */
export class UserError extends Error {
	readonly hint: string | undefined;
	readonly exitCode: 1 | 2;

	constructor(message: string, options: {readonly hint?: string; readonly exitCode: 1 | 2}) {
		super(message);
		this.name = 'UserError';
		this.hint = options.hint;
		this.exitCode = options.exitCode;
	}
}
