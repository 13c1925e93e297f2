import {execFileSync} from 'node:child_process';
import {chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {rolldown} from 'rolldown';
import config from '../rolldown.config.ts';
import {asScript} from './as-script.ts';
import {noticesOf} from './notices.ts';

// Builds a single executable from the program and the running Node: `node scripts/executable.ts [FOLDER]` writes FOLDER/pgtriage
// and the notices that must accompany it. FOLDER defaults to `build`.

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(root, 'build'));
const inFolder = (name: string): string => join(folder, name);
const executable = inFolder('pgtriage');

// Marker in the Node executable for an embedded program: https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

process.chdir(root);
const bundle = await rolldown({...config, input: {pgtriage: 'source/program.ts'}});
const {output} = await bundle.generate({format: 'esm', minify: true, codeSplitting: false});
const [program] = output;

rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
const parts = {main: inFolder('pgtriage.cjs'), output: inFolder('pgtriage.blob'), config: inFolder('pgtriage.json')};
writeFileSync(parts.main, asScript(program.code));
writeFileSync(
	parts.config,
	JSON.stringify({
		main: parts.main,
		output: parts.output,
		disableExperimentalSEAWarning: true,
		// Compiled here, so that 1 MB of script is not compiled at each start: saves a third of the time.
		useCodeCache: true,
		// As in cli.ts, which is not included: it checks the version of Node and enables a cache that is built in here.
		execArgv: ['--max-semi-space-size=2'],
	}),
);

const runTool = (file: string, ...options: readonly string[]): void => {
	execFileSync(file, options, {stdio: 'pipe'});
};

runTool(process.execPath, '--experimental-sea-config', parts.config);
copyFileSync(process.execPath, executable);
chmodSync(executable, 0o755);
const postject = fileURLToPath(import.meta.resolve('postject/dist/cli.js'));
runTool(process.execPath, postject, executable, 'NODE_SEA_BLOB', parts.output, '--sentinel-fuse', fuse);

const nodeLicense = readFileSync(join(dirname(dirname(process.execPath)), 'LICENSE'), 'utf8').trim();
const packages = noticesOf(program.moduleIds);
writeFileSync(
	inFolder('THIRD-PARTY.txt'),
	`${packages}\n${'-'.repeat(78)}\n\nNode.js ${process.versions.node}\n\n${nodeLicense}\n`,
);
for (const part of Object.values(parts)) rmSync(part);
process.stdout.write(`${executable}\n`);
