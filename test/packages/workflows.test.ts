import {existsSync, globSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import packageJson from '../../package.json' with {type: 'json'};

type Step = {readonly uses?: string; readonly run?: string};
type Job = {
	readonly steps: readonly Step[];
	readonly needs?: readonly string[];
	readonly permissions?: Readonly<Record<string, string>>;
	readonly 'timeout-minutes'?: number;
};
type Workflow = {readonly permissions: Readonly<Record<string, string>>; readonly jobs: Readonly<Record<string, Job>>};

const root = join(import.meta.dirname, '..', '..');
const folder = '.github/workflows';
const names = globSync('*.yml', {cwd: join(root, folder)}).toSorted();
const textOf = (name: string): string => readFileSync(join(root, folder, name), 'utf8');
const workflowOf = (name: string): Workflow => parse(textOf(name)) as Workflow;
const commandsOf = (name: string): readonly string[] =>
	Object.values(workflowOf(name).jobs).flatMap(({steps}) => steps.flatMap(({run}) => run ?? []));

it('there are workflows for every push, for each night and for a release', () => {
	expect(names).toEqual(['ci.yml', 'faults.yml', 'release.yml']);
});

describe.each(names)('the workflow %s', name => {
	it('runs scripts of package.json and paths that exist', () => {
		const commands = commandsOf(name);
		const scripts = commands.flatMap(command => [...command.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script));
		expect(scripts.filter(script => !Object.hasOwn(packageJson.scripts, script))).toEqual([]);
		const paths = commands.flatMap(command => command.match(/(?:^\.ci|\b(?:test|scripts))\/[\w./-]+/g) ?? []);
		expect(paths.filter(path => !existsSync(join(root, path)))).toEqual([]);
		expect(scripts.length + paths.length).toBeGreaterThan(0);
	});

	it('names each action by its commit, with the version as a comment', () => {
		const actions = textOf(name).match(/uses: .*/g) ?? [];
		expect(actions.length).toBeGreaterThan(0);
		for (const action of actions) expect(action).toMatch(/^uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
	});

	it('may only read, unless a job says what it writes, and ends in time', () => {
		const {permissions, jobs} = workflowOf(name);
		expect(permissions).toEqual({contents: 'read'});
		for (const [job, {permissions: own, 'timeout-minutes': minutes, needs = []}] of Object.entries(jobs)) {
			expect(own === undefined || (name === 'release.yml' && job === 'publish'), job).toBe(true);
			expect(minutes, job).toBeLessThanOrEqual(60);
			for (const needed of needs) expect(jobs).toHaveProperty(needed);
		}
	});
});

it('a release is published only when it is tested and built, with checksums and provenance', () => {
	const {jobs} = workflowOf('release.yml');
	expect(Object.keys(jobs)).toEqual(['test', 'npm', 'linux', 'musl', 'macos', 'publish']);
	expect(jobs.publish?.needs).toEqual(['test', 'npm', 'linux']);
	const steps = jobs.publish?.steps.map(({run, uses}) => run ?? uses ?? '').join('\n');
	for (const part of ['sha256sum', 'actions/attest-build-provenance@', 'npm publish', '--provenance'])
		expect(steps).toContain(part);
	expect(commandsOf('release.yml')).toContain('npm run build:sbom');
});
