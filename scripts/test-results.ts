/**
 * Reads a JSON report of vitest: `node scripts/test-results.ts REPORT`. The first line says how many tests passed, failed and were
 * skipped, the following ones which were slowest. Standard error names those that failed.
 */
import {readFileSync} from 'node:fs';
import {relative} from 'node:path';

type Report = {
	readonly numPassedTests: number;
	readonly numFailedTests: number;
	readonly numPendingTests: number;
	readonly numTodoTests: number;
	readonly testResults: readonly {
		readonly name: string;
		readonly status: string;
		readonly message: string;
		readonly startTime: number;
		readonly endTime: number;
		readonly assertionResults: readonly {
			readonly status: string;
			readonly fullName: string;
			readonly failureMessages: readonly string[];
			/** Milliseconds; absent for a test that did not run. */
			readonly duration?: number | null;
		}[];
	}[];
};

const report = JSON.parse(readFileSync(String(process.argv[2]), 'utf8')) as Report;
const firstLines = (message = ''): string => message.split('\n').slice(0, 4).join('\n  ');
const fileOf = (name: string): string => relative(process.cwd(), name);
const slowest = (timed: readonly (readonly [name: string, ms: number])[]): readonly string[] =>
	timed
		.toSorted(([, a], [, b]) => b - a)
		.slice(0, 10)
		.map(([name, ms]) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`);

const say = (stream: NodeJS.WriteStream, ...lines: readonly string[]): void => {
	for (const line of lines) stream.write(`${line}\n`);
};

let broken = 0;
for (const {name, status, message, assertionResults} of report.testResults) {
	const failed = assertionResults.filter(test => test.status === 'failed');
	for (const {fullName, failureMessages} of failed)
		say(process.stderr, `FAILED: ${fileOf(name)}: ${fullName}\n  ${firstLines(failureMessages[0])}`);
	// A file that could not be loaded has no tests of its own: it counts as one that failed.
	if (status === 'failed' && failed.length === 0) {
		broken++;
		say(process.stderr, `FAILED: ${fileOf(name)}\n  ${firstLines(message)}`);
	}
}

const {testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests} = report;
const files = testResults.map(({name, startTime, endTime}) => [fileOf(name), endTime - startTime] as const);
const tests = testResults.flatMap(({name, assertionResults}) =>
	assertionResults.map(({fullName, duration}) => [`${fileOf(name)}: ${fullName}`, duration ?? 0] as const),
);
say(process.stdout, [numPassedTests, numFailedTests + broken, numPendingTests + numTodoTests].join(' '));
say(process.stdout, 'The slowest files:', ...slowest(files), 'The slowest tests:', ...slowest(tests));
