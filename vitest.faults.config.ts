import {defineConfig} from 'vitest/config';
import base from './vitest.config.ts';

/** All faults that the program is to survive, with those that take minutes or need a large server. */
export default defineConfig({
	...base,
	test: {
		...base.test,
		include: ['test/faults/**/*.test.ts', 'test/pty/faults.test.ts', 'test/postgres/poll/lane.test.ts'],
		exclude: [],
		// A large server wants the machine for itself.
		maxWorkers: 1,
		testTimeout: 300_000,
		hookTimeout: 300_000,
	},
});
