import {execFileSync} from 'node:child_process';
import {closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {about} from '../../source/about.ts';
import {manual} from '../../source/command-line/manual/manual.ts';

const root = dirname(dirname(import.meta.dirname));
const folder = mkdtempSync(join(tmpdir(), 'pgtriage-tarballs-'));
// Compressing the executables takes half a minute on a machine of its own.
const buildMs = 600_000;
// e_machine of ELF.
const machines = {x64: 62, arm64: 183} as const;
const architectures = Object.keys(machines) as readonly (keyof typeof machines)[];

beforeAll(() => {
	execFileSync(process.execPath, [join(root, 'scripts/tarballs.ts'), folder], {stdio: 'pipe'});
}, buildMs);

afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** The machine that an executable is for. */
const machineOf = (file: string): number => {
	const header = Buffer.alloc(20);
	const fd = openSync(file, 'r');
	readSync(fd, header);
	closeSync(fd);
	return header.readUInt16LE(18);
};

it('there is a tarball for each architecture', () => {
	expect(readdirSync(folder).toSorted()).toEqual(
		architectures.map(architecture => `pgtriage-${about.version}-linux-${architecture}.tar.gz`).toSorted(),
	);
});

describe.each(architectures)('the tarball for %s', architecture => {
	const name = `pgtriage-${about.version}-linux-${architecture}`;
	const archive = join(folder, `${name}.tar.gz`);
	const inTree = (path: string): string => join(folder, name, path);

	beforeAll(() => {
		execFileSync('tar', ['-xzf', archive], {cwd: folder});
	});

	it('has the program, its page, its completions and the licenses in a folder of its name, and no owner', () => {
		const lines = execFileSync('tar', ['--numeric-owner', '-tzvf', archive], {encoding: 'utf8'}).trimEnd().split('\n');
		expect(lines.filter(line => !/ 0\/0 /.test(line))).toEqual([]);
		expect(lines.map(line => line.split(' ').at(-1))).toEqual([
			`${name}/`,
			...['CHANGELOG.md', 'LICENSE', 'THIRD-PARTY.txt'].map(file => `${name}/${file}`),
			...['completion.bash', 'completion.fish', 'completion.zsh', 'pgtriage', 'pgtriage.1'].map(file => `${name}/${file}`),
		]);
		expect(readFileSync(inTree('pgtriage.1'), 'utf8')).toBe(manual(about.version));
	});

	it('is for this architecture, with the program in it', () => {
		expect(machineOf(inTree('pgtriage'))).toBe(machines[architecture]);
		// Node sets the last character when a program is embedded.
		expect(readFileSync(inTree('pgtriage')).includes('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1')).toBe(true);
		expect(readFileSync(inTree('THIRD-PARTY.txt'), 'utf8')).toContain(`\nNode.js ${process.versions.node}\n`);
	});
});

it('the program for the architecture of this machine runs', () => {
	const file = join(folder, `pgtriage-${about.version}-linux-${process.arch}`, 'pgtriage');
	expect(execFileSync(file, ['--version'], {encoding: 'utf8', env: {}})).toBe(`pgtriage ${about.version}\n`);
});
