import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {parseArgs} from 'node:util';
import {about} from '../source/about.ts';
import {completionScript} from '../source/command-line/completion/script.ts';
import {manual} from '../source/command-line/manual/manual.ts';
import {buildSeconds} from './packages/build-date.ts';
import {architectures, nodeProgram} from './packages/node-program.ts';
import {buildSingleFile} from './packages/single-file.ts';

// Builds the tarballs of the single executable: `node scripts/tarballs.ts [FOLDER] [--arch x64|arm64]` writes
// FOLDER/pgtriage-VERSION-linux-ARCH.tar.gz for both architectures or one. FOLDER defaults to `build`.

const {values, positionals} = parseArgs({allowPositionals: true, options: {arch: {type: 'string'}}});
const root = join(import.meta.dirname, '..');
const folder = resolve(positionals[0] ?? join(root, 'build'));
const scratch = mkdtempSync(join(tmpdir(), 'pgtriage-tarballs-'));
process.umask(0o022);
process.on('exit', () => rmSync(scratch, {recursive: true, force: true}));
mkdirSync(folder, {recursive: true});

for (const architecture of values.arch === undefined ? architectures : [values.arch]) {
	const name = `pgtriage-${about.version}-linux-${architecture}`;
	const tree = join(scratch, name);
	await buildSingleFile(tree, nodeProgram(architecture, join(scratch, architecture)));
	for (const file of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(root, file), join(tree, file));
	writeFileSync(join(tree, 'pgtriage.1'), manual(about.version));
	for (const shell of ['bash', 'zsh', 'fish'] as const) writeFileSync(join(tree, `completion.${shell}`), completionScript(shell));
	const archive = `${name}.tar.gz`;
	const sameForAll = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${buildSeconds()}`];
	execFileSync('tar', [...sameForAll, '-czf', archive, name], {cwd: scratch});
	// Another program never finds half of an archive.
	copyFileSync(join(scratch, archive), join(folder, `.${archive}`));
	renameSync(join(folder, `.${archive}`), join(folder, archive));
	process.stdout.write(`${join(folder, archive)}\n`);
}
