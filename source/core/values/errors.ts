/** A mistake by the user or an unreachable server: one sentence, a hint, and the exit code. */
export class UserError extends Error {
	readonly hint: string | undefined;
	readonly exitCode: 1 | 2 | 3;

	constructor(message: string, options: {readonly hint?: string; readonly exitCode: 1 | 2 | 3}) {
		super(message);
		this.name = 'UserError';
		this.hint = options.hint;
		this.exitCode = options.exitCode;
	}
}
