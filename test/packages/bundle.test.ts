import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {about} from '../../source/about.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'pgtriage-bundle-'));
const dist = join(root, 'dist');
afterAll(() => rmSync(folder, {recursive: true, force: true}));

type Bill = {
	readonly bomFormat: string;
	readonly specVersion: string;
	readonly metadata: {readonly component: {readonly name: string; readonly version: string}};
	readonly components: readonly {
		readonly 'bom-ref': string;
		readonly type: string;
		readonly purl: string;
		readonly licenses?: readonly unknown[];
		readonly hashes?: readonly unknown[];
	}[];
	readonly dependencies: readonly {readonly ref: string; readonly dependsOn: readonly string[]}[];
};

describe('the bill of materials', () => {
	let bill: Bill;

	beforeAll(() => {
		execFileSync(process.execPath, [join(root, 'scripts', 'sbom.ts'), folder], {stdio: 'pipe'});
		bill = JSON.parse(readFileSync(join(folder, `pgtriage-${about.version}.cdx.json`), 'utf8')) as Bill;
	});

	it('lists the packages whose licenses are in THIRD-PARTY.txt, and Node.js', () => {
		const notices = readFileSync(join(dist, 'THIRD-PARTY.txt'), 'utf8');
		const licensed = [...notices.matchAll(/^-{78}\n\n(\S+) (\S+) \(/gm)].map(([, name, version]) => `${name}@${version}`);
		expect(licensed.length).toBeGreaterThan(40);
		const libraries = bill.components.filter(({type}) => type === 'library').map(component => component['bom-ref']);
		expect(libraries.toSorted()).toEqual(licensed.toSorted());
		expect(bill.components.filter(({type}) => type !== 'library')).toMatchObject([
			{type: 'platform', purl: `pkg:generic/node@${process.versions.node}`},
		]);
	});

	it('is of CycloneDX, about this version, with sums and licenses, and refers to nothing else', () => {
		expect(bill).toMatchObject({bomFormat: 'CycloneDX', specVersion: '1.5'});
		expect(bill.metadata.component).toMatchObject({name: 'pgtriage', version: about.version, type: 'application'});
		const references = new Set(['pgtriage', ...bill.components.map(component => component['bom-ref'])]);
		references.add(`pgtriage@${about.version}`);
		for (const {ref, dependsOn} of bill.dependencies)
			expect([ref, ...dependsOn].filter(reference => !references.has(reference))).toEqual([]);
		for (const component of bill.components.filter(({type}) => type === 'library')) {
			expect(component.hashes, component.purl).toHaveLength(1);
			expect(component.licenses, component.purl).toHaveLength(1);
		}
	});
});

describe('the source maps', () => {
	const maps = join(folder, 'maps');

	beforeAll(() => {
		const rolldown = join(root, 'node_modules', '.bin', 'rolldown');
		execFileSync(process.execPath, [rolldown, '-c', 'rolldown.config.ts', '--sourcemap', 'hidden', '--dir', maps], {
			cwd: root,
			stdio: 'pipe',
		});
	});

	it('belong to the files of the package, byte by byte, and none of them is in it', () => {
		const scripts = readdirSync(maps).filter(name => name.endsWith('.js'));
		expect(readdirSync(dist).filter(name => name.endsWith('.js'))).toEqual(scripts);
		const other = scripts.filter(name => !readFileSync(join(maps, name)).equals(readFileSync(join(dist, name))));
		expect(other, 'npm run build makes dist').toEqual([]);
		expect(readdirSync(dist).filter(name => name.endsWith('.map'))).toEqual([]);
	});

	it('name the sources of the program', () => {
		const {sources} = JSON.parse(readFileSync(join(maps, 'program.js.map'), 'utf8')) as {readonly sources: readonly string[]};
		expect(sources.map(source => basename(source))).toContain('program.ts');
	});
});
