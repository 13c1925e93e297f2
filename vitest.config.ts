import {defineConfig} from 'vitest/config';

export default defineConfig({
	// Tests run React's production build, which has no development JSX runtime.
	oxc: {jsx: {runtime: 'automatic', development: false}},
	test: {
		include: ['test/**/*.test.{ts,tsx}'],
		// They take minutes: npm run test:faults, and every night.
		exclude: ['test/faults/long/**'],
		// Most tests wait for servers of their own: one more than the processors of a small machine makes them late.
		maxWorkers: 2,
		// Servers, terminals and what measures them share two processors: what fails once and then holds is shown as tried again.
		retry: 1,
		testTimeout: 120_000,
		hookTimeout: 120_000,
		// A second is too little for a server on a busy machine.
		expect: {poll: {timeout: 30_000}},
		env: {NODE_ENV: 'production', FORCE_COLOR: '1', TZ: 'UTC'},
	},
});
