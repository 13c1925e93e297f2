import {execFileSync} from 'node:child_process';
import {chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {rolldown} from 'rolldown';
import config from '../../rolldown.config.ts';
import {asScript} from '../as-script.ts';
import {noticesOf} from '../notices.ts';
import type {Architecture, NodeProgram} from './node-program.ts';

const root = join(import.meta.dirname, '..', '..');

// Marker in the Node executable for an embedded program: https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** The program as one module, and the paths of the modules in it. */
const bundled = async (): Promise<{readonly code: string; readonly moduleIds: readonly string[]}> => {
	process.chdir(root);
	const bundle = await rolldown({...config, input: {pgtriage: 'source/program.ts'}});
	const {output} = await bundle.generate({format: 'esm', minify: true, codeSplitting: false});
	return output[0];
};

const runTool = (file: string, ...options: readonly string[]): void => {
	execFileSync(file, options, {stdio: 'pipe'});
};

const strippers: Readonly<Record<Architecture, string>> = {x64: 'x86_64-linux-gnu-strip', arm64: 'aarch64-linux-gnu-strip'};

/**
 * Removes the symbols of a Node executable, a seventh of its size, if binutils for its architecture are installed. Comes before the
 * program is embedded, because strip breaks an executable with a program in it.
 */
const strip = (executable: string, architecture: Architecture): void => {
	if (process.platform !== 'linux') return;
	try {
		runTool(strippers[architecture], executable);
	} catch (error) {
		if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
	}
};

/** Writes the single executable `pgtriage` of the program and a Node into a folder, with the notices that must accompany it. */
export const buildSingleFile = async (folder: string, node: NodeProgram): Promise<void> => {
	const inFolder = (name: string): string => join(folder, name);
	const executable = inFolder('pgtriage');
	const program = await bundled();
	mkdirSync(folder, {recursive: true});
	const parts = {main: inFolder('pgtriage.cjs'), output: inFolder('pgtriage.blob'), config: inFolder('pgtriage.json')};
	writeFileSync(parts.main, asScript(program.code));
	writeFileSync(
		parts.config,
		JSON.stringify({
			main: parts.main,
			output: parts.output,
			disableExperimentalSEAWarning: true,
			// Compiled here, so that 1 MB of script is not compiled at each start: saves a third of the time. The code of another
			// architecture cannot be compiled here.
			useCodeCache: node.architecture === process.arch,
			// As in cli.ts, which is not included: it checks the version of Node and enables a cache that is built in here.
			execArgv: ['--max-semi-space-size=2'],
		}),
	);
	runTool(process.execPath, '--experimental-sea-config', parts.config);
	copyFileSync(node.program, executable);
	chmodSync(executable, 0o755);
	strip(executable, node.architecture);
	const postject = fileURLToPath(import.meta.resolve('postject/dist/cli.js'));
	runTool(process.execPath, postject, executable, 'NODE_SEA_BLOB', parts.output, '--sentinel-fuse', fuse);
	const nodeLicense = readFileSync(node.license, 'utf8').trim();
	const packages = noticesOf(program.moduleIds);
	writeFileSync(
		inFolder('THIRD-PARTY.txt'),
		`${packages}\n${'-'.repeat(78)}\n\nNode.js ${process.versions.node}\n\n${nodeLicense}\n`,
	);
	for (const part of Object.values(parts)) rmSync(part);
};
