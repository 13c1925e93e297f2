import {globSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Plugin} from 'rolldown';

const licenseFiles = '{,build/,dist/}{license,licence,notice,copying,LICENSE,LICENCE,NOTICE,COPYING}{,s}{,.md,.txt}';
const ownLicense = readFileSync(join(import.meta.dirname, '..', 'LICENSE'), 'utf8');

/** Name, version and license of the package in a folder, with the license text; throws if it has none. */
const noticeOf = (folder: string): string => {
	const {name, version, license, author} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
		readonly name: string;
		readonly version: string;
		readonly license?: string;
		readonly author?: string | {readonly name: string};
	};
	const files = globSync(licenseFiles, {cwd: folder}).sort();
	const texts = files.map(file => readFileSync(join(folder, file), 'utf8').trim());
	if (texts.length === 0) {
		if (license !== 'MIT') throw new Error(`The package ${name} has no license text.`);
		const holder = (typeof author === 'object' ? author.name : author) ?? `the authors of ${name}`;
		texts.push(ownLicense.replace(/^Copyright.*$/m, `Copyright (c) ${holder}`).trim());
	}
	return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n');
};

const packageFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** Folders of the packages that these modules belong to, each once. */
export const foldersOf = (modules: readonly string[]): readonly string[] => [
	...new Set(modules.flatMap(id => packageFolder.exec(id.replaceAll('\\', '/'))?.[0] ?? [])),
];

/** Notices for a bundle of these modules: one for each of their packages. */
export const noticesOf = (modules: readonly string[]): string => {
	const all = [...new Set(foldersOf(modules).map(noticeOf))].sort();
	const rule = `\n\n${'-'.repeat(78)}\n\n`;
	return `${['pgtriage contains these packages.', ...all].join(rule)}\n`;
};

/** Writes THIRD-PARTY.txt next to the bundle, since minified code keeps no license comments. */
export const notices = (): Plugin => ({
	name: 'notices',
	generateBundle(_, bundle) {
		const modules = Object.values(bundle).flatMap(part => (part.type === 'chunk' ? part.moduleIds : []));
		this.emitFile({type: 'asset', fileName: 'THIRD-PARTY.txt', source: noticesOf(modules)});
	},
});
