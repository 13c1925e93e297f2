import {execFileSync} from 'node:child_process';
import {chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {gzipSync} from 'node:zlib';
import packageJson from '../package.json' with {type: 'json'};
import {completionScript} from '../source/command-line/completion/script.ts';

// Makes build/pgtriage_VERSION_ARCH.deb of build/pgtriage, which `npm run build:executable` makes: the program, its manual page,
// completions, licenses, and a unit of systemd for each recording.

const root = join(import.meta.dirname, '..');
const build = join(root, 'build');
const tree = join(build, 'deb');
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const {version} = packageJson;

const write = (path: string, content: string | Uint8Array, mode = 0o644): void => {
	const file = join(tree, path);
	mkdirSync(dirname(file), {recursive: true, mode: 0o755});
	writeFileSync(file, content);
	chmodSync(file, mode);
};

const compressed = (text: string): Uint8Array => gzipSync(text, {level: 9});

const unit = `[Unit]
Description=Recording of the PostgreSQL server %i by pgtriage
Documentation=man:pgtriage(1)
After=network-online.target postgresql.service
Wants=network-online.target

[Service]
# The service %i of pg_service.conf says how to connect.
ExecStart=/usr/bin/pgtriage record /var/lib/pgtriage/%i.ndjson.zst service=%i --never-ask --rotate 100MB --keep 20
ExecReload=/bin/kill -HUP $MAINPID
User=pgtriage-record
DynamicUser=yes
StateDirectory=pgtriage
StateDirectoryMode=0700
UMask=0077
Restart=on-failure
RestartSec=10
Nice=5
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`;

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: pgtriage

Files: *
Copyright: ${/^Copyright \(c\) (.*)$/m.exec(readFileSync(join(root, 'LICENSE'), 'utf8'))?.[1] ?? 'the authors of pgtriage'}
License: Expat
${readFileSync(join(root, 'LICENSE'), 'utf8')
	.split('\n')
	.slice(4)
	.map(line => (line === '' ? ' .' : ` ${line}`))
	.join('\n')
	.replace(/( \.\n?)+$/, '')}
Comment: The executable contains Node.js and npm packages; their licenses are in
 /usr/share/doc/pgtriage/THIRD-PARTY.txt.gz.
`;

const control = (installedKb: number): string => `Package: pgtriage
Version: ${version}
Architecture: ${architecture}
Maintainer: pgtriage <pgtriage@localhost>
Installed-Size: ${installedKb}
Depends: libc6 (>= 2.28), libstdc++6
Section: database
Priority: optional
Description: terminal monitor for PostgreSQL, for the person on call
 pgtriage shows each second who is connected, who blocks whom and the root
 blocker, as well as bloat, replication, statements and what holds back the
 xmin horizon. It cancels, terminates, vacuums and reindexes, each after a
 confirmation that names the target. It records, replays and reports.
`;

rmSync(tree, {recursive: true, force: true});
write('usr/share/man/man1/pgtriage.1.gz', compressed(readFileSync(join(root, 'man/pgtriage.1'), 'utf8')));
write('usr/share/bash-completion/completions/pgtriage', completionScript('bash'));
write('usr/share/zsh/vendor-completions/_pgtriage', completionScript('zsh'));
write('usr/share/fish/vendor_completions.d/pgtriage.fish', completionScript('fish'));
write('lib/systemd/system/pgtriage-record@.service', unit);
write('usr/share/doc/pgtriage/copyright', copyright);
write('usr/share/doc/pgtriage/THIRD-PARTY.txt.gz', compressed(readFileSync(join(build, 'THIRD-PARTY.txt'), 'utf8')));
write('usr/share/doc/pgtriage/changelog.gz', compressed(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')));
// The program is data behind the sections of the executable, and stripping would lose it.
write(
	'usr/share/lintian/overrides/pgtriage',
	'pgtriage: unstripped-binary-or-object [usr/bin/pgtriage]\npgtriage: embedded-library *\n',
);
mkdirSync(join(tree, 'usr/bin'), {recursive: true});
copyFileSync(join(build, 'pgtriage'), join(tree, 'usr/bin/pgtriage'));
chmodSync(join(tree, 'usr/bin/pgtriage'), 0o755);
const kb = Number(execFileSync('du', ['-sk', tree], {encoding: 'utf8'}).split('\t')[0]);
write('DEBIAN/control', control(kb));
const file = join(build, `pgtriage_${version}_${architecture}.deb`);
execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, file], {stdio: 'pipe'});
rmSync(tree, {recursive: true, force: true});
process.stdout.write(`${file}\n`);
