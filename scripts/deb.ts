import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {gzipSync} from 'node:zlib';
import {about} from '../source/about.ts';
import {completionScript} from '../source/command-line/completion/script.ts';
import {manual} from '../source/command-line/manual/manual.ts';
import {buildSeconds} from './packages/build-date.ts';
import {nodeProgram} from './packages/node-program.ts';
import {buildSingleFile} from './packages/single-file.ts';

// Builds the Debian package of the single executable: `node scripts/deb.ts [FOLDER]` writes FOLDER/pgtriage_VERSION-1_ARCH.deb.
// FOLDER defaults to `build`. $DEBFULLNAME and $DEBEMAIL name the maintainer, as for the tools of Debian.

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(root, 'build'));
const scratch = mkdtempSync(join(tmpdir(), 'pgtriage-deb-'));
const tree = join(scratch, 'tree');
process.umask(0o022);
process.on('exit', () => rmSync(scratch, {recursive: true, force: true}));

const version = `${about.version}-1`;
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const maintainer = `${process.env.DEBFULLNAME ?? 'The pgtriage authors'} <${process.env.DEBEMAIL ?? 'pgtriage@localhost'}>`;
const seconds = buildSeconds();

const source = (path: string): string => readFileSync(join(root, path), 'utf8');
// Without a time inside, as gzip -n.
const compressed = (text: string): Uint8Array => gzipSync(text, {level: 9});

const put = (path: string, content: string | Uint8Array, mode = 0o644): void => {
	const file = join(tree, path);
	mkdirSync(dirname(file), {recursive: true});
	writeFileSync(file, content);
	chmodSync(file, mode);
};

/** The license of pgtriage in the form of Debian: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ */
const copyright = (): string => {
	const [, holder, terms = ''] = /^MIT License\n\nCopyright \(c\) (.+)\n\n([\s\S]+)$/.exec(source('LICENSE')) ?? [];
	if (holder === undefined) throw new Error('LICENSE is not the MIT license with one holder.');
	const indented = terms.trimEnd().replaceAll(/^$/gm, '.').replaceAll(/^/gm, ' ');
	return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: pgtriage
Comment: The executable contains Node.js and npm packages. Their licenses are in
 /usr/share/doc/pgtriage/THIRD-PARTY.txt.gz.

Files: *
Copyright: ${holder}
License: Expat

License: Expat
${indented}
`;
};

const changelog = (): string => {
	const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
	return `pgtriage (${version}) unstable; urgency=medium

  * Version ${about.version}, whose changes are in changelog.gz.

 -- ${maintainer}  ${date}
`;
};

const control = (installedKb: number): string => {
	const values: Readonly<Record<string, string>> = {version, architecture, maintainer, installedKb: String(installedKb)};
	const fields = source('packaging/debian/control').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
	return about.homepage === undefined ? fields : fields.replace(/^Description:/m, `Homepage: ${about.homepage}\n$&`);
};

/** Paths of the files in the tree, in order. */
const installed = (): readonly string[] =>
	globSync('{etc,lib,usr}/**/*', {cwd: tree})
		.filter(path => statSync(join(tree, path)).isFile())
		.toSorted();

await buildSingleFile(scratch, nodeProgram(process.arch, scratch));
mkdirSync(join(tree, 'usr/bin'), {recursive: true});
copyFileSync(join(scratch, 'pgtriage'), join(tree, 'usr/bin/pgtriage'));
put('usr/share/man/man1/pgtriage.1.gz', compressed(manual(about.version)));
put('usr/share/bash-completion/completions/pgtriage', completionScript('bash'));
put('usr/share/zsh/vendor-completions/_pgtriage', completionScript('zsh'));
put('usr/share/fish/vendor_completions.d/pgtriage.fish', completionScript('fish'));
put('lib/systemd/system/pgtriage-record@.service', source('packaging/debian/pgtriage-record@.service'));
put('usr/share/doc/pgtriage/copyright', copyright());
put('usr/share/doc/pgtriage/THIRD-PARTY.txt.gz', compressed(readFileSync(join(scratch, 'THIRD-PARTY.txt'), 'utf8')));
put('usr/share/doc/pgtriage/changelog.gz', compressed(source('CHANGELOG.md')));
put('usr/share/doc/pgtriage/changelog.Debian.gz', compressed(changelog()));
put('usr/share/lintian/overrides/pgtriage', source('packaging/debian/lintian-overrides'));

const files = installed();
const sums = files.map(
	path =>
		`${createHash('md5')
			.update(readFileSync(join(tree, path)))
			.digest('hex')}  ${path}\n`,
);
put('DEBIAN/md5sums', sums.join(''));
put('DEBIAN/control', control(files.reduce((kb, path) => kb + Math.ceil(statSync(join(tree, path)).size / 1024), 0)));

mkdirSync(folder, {recursive: true});
const file = join(folder, `pgtriage_${version}_${architecture}.deb`);
// The levels above take minutes for a few percent.
execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, file], {
	stdio: 'pipe',
	env: {...process.env, SOURCE_DATE_EPOCH: String(seconds)},
});
process.stdout.write(`${file}\n`);
