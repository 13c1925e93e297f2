import {onTestFinished, TestRunner} from 'vitest';

/** The longest wait for content, in milliseconds: a busy machine is slow, so that only what never comes takes this long. */
export const longestWaitMs = 120_000;

/** Ends something with the test that runs now, however the test ends. What a hook starts is ended by a hook. */
export const endsWithTest = (end: () => unknown): void => {
	if (TestRunner.getCurrentTest() === undefined) return;
	onTestFinished(async () => {
		await end();
	});
};
