import {defineConfig} from 'vitest/config';

export default defineConfig({
	// Tests run React's production build, which has no development JSX runtime.
	oxc: {jsx: {runtime: 'automatic', development: false}},
	test: {
		include: ['test/**/*.test.{ts,tsx}'],
		// Minutes: npm run test:faults, and every night. Programs that npm does not bring: npm run test:services.
		exclude: ['test/faults/long/**', 'test/services/**'],
		globalSetup: 'test/scratch.ts',
		// Tests mostly wait, for servers of their own and for seconds to pass: four keep two processors busy.
		maxWorkers: 4,
		// Only what never comes waits this long: what is there passes at once, on a busy machine later.
		testTimeout: 240_000,
		hookTimeout: 240_000,
		expect: {poll: {timeout: 120_000}},
		env: {NODE_ENV: 'production', FORCE_COLOR: '1', TZ: 'UTC'},
	},
});
