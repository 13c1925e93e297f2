import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {rolldown} from 'rolldown';
import config from '../rolldown.config.ts';
import {about} from '../source/about.ts';
import {foldersOf} from './notices.ts';

// Writes FOLDER/pgtriage-VERSION.cdx.json, the software bill of materials in CycloneDX: `node scripts/sbom.ts [FOLDER]`. npm
// describes all packages of package-lock.json; those that are bundled stay, with Node.js, which is in the single executable.
// FOLDER defaults to `build`.

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(root, 'build'));

type Property = {readonly name: string; readonly value: string};
type Component = {
	readonly 'bom-ref': string;
	readonly name: string;
	readonly version: string;
	readonly properties?: readonly Property[];
};
type Dependency = {readonly ref: string; readonly dependsOn: readonly string[]};
type Bill = {
	readonly metadata: {readonly component: Component};
	readonly components: readonly Component[];
	readonly dependencies: readonly Dependency[];
};

/** Names and versions of the packages whose modules are bundled, as npm refers to them. */
const bundledPackages = async (): Promise<ReadonlySet<string>> => {
	process.chdir(root);
	const bundle = await rolldown(config);
	const {output} = await bundle.generate({format: 'esm', minify: true});
	const folders = foldersOf(output.flatMap(part => (part.type === 'chunk' ? part.moduleIds : [])));
	const packages = folders.map(each => JSON.parse(readFileSync(join(each, 'package.json'), 'utf8')) as Component);
	return new Set(packages.map(({name, version}) => `${name}@${version}`));
};

const npmBill = (): Bill =>
	JSON.parse(
		execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--include=dev'], {
			cwd: root,
			encoding: 'utf8',
			maxBuffer: 64 * 1024 ** 2,
		}),
	) as Bill;

/** A component as a part of the program: for npm it is needed only to develop. */
const shipped = ({properties = [], ...component}: Component) => ({
	...component,
	scope: 'required',
	properties: properties.filter(({name}) => name !== 'cdx:npm:package:development'),
});

const node = {
	'bom-ref': `node@${process.versions.node}`,
	type: 'platform',
	name: 'Node.js',
	version: process.versions.node,
	scope: 'optional',
	description: 'Part of the single executable, and so of the Debian package and the tarballs, but not of the npm package.',
	cpe: `cpe:2.3:a:nodejs:node.js:${process.versions.node}:*:*:*:*:*:*:*`,
	purl: `pkg:generic/node@${process.versions.node}`,
};

const all = npmBill();
const bundled = await bundledPackages();
const components = all.components.filter(component => bundled.has(component['bom-ref']));
const described = new Set(components.map(component => component['bom-ref']));
const missing = [...bundled].filter(reference => !described.has(reference));
if (missing.length > 0) throw new Error(`npm does not describe ${missing.join(', ')}.`);
const own = {...all.metadata.component, type: 'application', name: 'pgtriage'};
const isKept = (reference: string): boolean => reference === own['bom-ref'] || described.has(reference);
const dependencies = all.dependencies
	.filter(({ref}) => isKept(ref))
	.map(({ref, dependsOn}) => ({ref, dependsOn: dependsOn.filter(isKept)}));

mkdirSync(folder, {recursive: true});
const file = join(folder, `pgtriage-${about.version}.cdx.json`);
const bill = {
	...all,
	metadata: {...all.metadata, component: own},
	components: [...components.map(shipped), node],
	dependencies: [...dependencies, {ref: node['bom-ref'], dependsOn: []}],
};
writeFileSync(file, `${JSON.stringify(bill, undefined, '\t')}\n`);
process.stdout.write(`${file}\n`);
