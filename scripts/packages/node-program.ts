import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** Architectures of Linux that single files are built for, as Node names them. */
export const architectures = ['x64', 'arm64'] as const;

export type Architecture = (typeof architectures)[number];

/** The Node that a single file is made of: its program, its license, and the architecture of both. */
export type NodeProgram = {readonly program: string; readonly license: string; readonly architecture: Architecture};

const root = join(import.meta.dirname, '..', '..');

type Lock = {readonly packages: Readonly<Record<string, {readonly version: string; readonly integrity: string} | undefined>>};

const nodeIn = (folder: string, architecture: Architecture): NodeProgram => ({
	program: join(folder, 'bin', 'node'),
	license: join(folder, 'LICENSE'),
	architecture,
});

/**
 * Returns the running Node for its own architecture, and for another one the same version, which npm downloads into `scratch`.
 * Throws if that is not the package of package-lock.json, or if no Node is made for this architecture.
 */
export const nodeProgram = (architecture: string, scratch: string): NodeProgram => {
	const known = architectures.find(each => each === architecture);
	if (!known) throw new Error(`There is no single file for ${architecture}: choose ${architectures.join(' or ')}.`);
	if (known === process.arch) return nodeIn(dirname(dirname(process.execPath)), known);
	const name = `node-linux-${known}`;
	const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
	const locked = lock.packages[`node_modules/${name}`];
	if (`v${locked?.version}` !== process.version)
		throw new Error(`${name} in package-lock.json is ${locked?.version}, but Node ${process.version} runs.`);
	mkdirSync(scratch, {recursive: true});
	const packed = execFileSync('npm', ['pack', '--json', `${name}@${locked?.version}`], {cwd: scratch, encoding: 'utf8'});
	const [{filename, integrity}] = JSON.parse(packed) as [{readonly filename: string; readonly integrity: string}];
	if (integrity !== locked?.integrity) throw new Error(`${filename} is not the package of package-lock.json.`);
	execFileSync('tar', ['-xzf', filename, 'package/bin/node', 'package/LICENSE'], {cwd: scratch});
	return nodeIn(join(scratch, 'package'), known);
};
