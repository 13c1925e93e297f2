import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {compileCacheFolder} from '../../source/system/compile-cache.ts';

const me = process.geteuid?.() ?? -1;
const isRoot = me === 0;
const other = 65_534;

let home: string;
beforeEach(() => {
	home = realpathSync(mkdtempSync(join(tmpdir(), 'pgtriage-cache-')));
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

const fromHome = (uid = me) => compileCacheFolder({HOME: home}, () => '/', uid);
const cache = (...parts: readonly string[]): string => join(home, '.cache', 'pgtriage', ...parts);

/** Makes a cache as Node leaves it: a folder for its version with an entry. */
const makeCache = (): void => {
	mkdirSync(cache('v24-x64'), {recursive: true, mode: 0o700});
	writeFileSync(cache('v24-x64', 'entry'), 'compiled', {mode: 0o600});
};

describe('the compile cache is used', () => {
	it('if its folders are missing: they are created for this user only', () => {
		const before = process.umask(0);
		try {
			expect(fromHome()).toBe(cache());
		} finally {
			process.umask(before);
		}
		expect([join(home, '.cache'), cache()].map(path => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
	});

	it('if everything in it belongs to this user', () => {
		makeCache();
		expect(fromHome()).toBe(cache());
	});

	it('if the home directory is a link of this user', () => {
		const link = join(home, 'link');
		symlinkSync(join(home, 'real'), link);
		mkdirSync(join(home, 'real'));
		expect(compileCacheFolder({HOME: link}, () => '/', me)).toBe(join(link, '.cache', 'pgtriage'));
	});

	it('below $XDG_CACHE_HOME, else $HOME, else the home directory of the user', () => {
		const xdg = join(home, 'xdg');
		expect(compileCacheFolder({XDG_CACHE_HOME: xdg, HOME: home}, () => '/', me)).toBe(join(xdg, 'pgtriage'));
		expect(compileCacheFolder({XDG_CACHE_HOME: 'relative', HOME: home}, () => '/', me)).toBe(cache());
		expect(compileCacheFolder({HOME: ''}, () => home, me)).toBe(cache());
	});
});

describe('the compile cache is not used', () => {
	const link = (path: string): void => {
		const elsewhere = join(home, 'elsewhere');
		mkdirSync(join(elsewhere, 'v24-x64'), {recursive: true});
		rmSync(path, {recursive: true});
		symlinkSync(elsewhere, path);
	};

	it.each<readonly [what: string, change: () => void]>([
		['its folder is a link', () => link(cache())],
		['the folder of Node is a link', () => link(cache('v24-x64'))],
		['its folder is writable by the group', () => chmodSync(cache(), 0o770)],
		['its folder is writable by others', () => chmodSync(cache(), 0o707)],
		['the folder of Node is writable by the group', () => chmodSync(cache('v24-x64'), 0o770)],
		['the folder of Node is writable by others', () => chmodSync(cache('v24-x64'), 0o703)],
		['an entry is writable by others', () => chmodSync(cache('v24-x64', 'entry'), 0o606)],
		[
			'an entry is a link',
			() => {
				rmSync(cache('v24-x64', 'entry'));
				symlinkSync('/dev/null', cache('v24-x64', 'entry'));
			},
		],
		['others can replace its folder', () => chmodSync(join(home, '.cache'), 0o777)],
		['others can replace the folder above', () => chmodSync(home, 0o757)],
		[
			'its folder is a file',
			() => {
				rmSync(cache(), {recursive: true});
				writeFileSync(cache(), '');
			},
		],
	])('if %s', (_, change) => {
		makeCache();
		change();
		expect(fromHome()).toBeUndefined();
	});

	it('if it belongs to another user', () => {
		makeCache();
		expect(fromHome(me + 1)).toBeUndefined();
		expect(compileCacheFolder({HOME: home}, () => '/', undefined)).toBeUndefined();
	});

	it.runIf(isRoot).each<readonly [what: string, path: () => string]>([
		['the home directory that sudo kept', () => home],
		['the folder of caches', () => join(home, '.cache')],
		['its folder', cache],
		['the folder of Node', () => cache('v24-x64')],
		['a planted entry', () => cache('v24-x64', 'entry')],
	])('by root if another user owns %s', (_, path) => {
		makeCache();
		chownSync(path(), other, other);
		expect(fromHome()).toBeUndefined();
	});

	it('below a folder in which nothing can be made, and does not wait for it', () => {
		expect(compileCacheFolder({HOME: '/proc/none/home'}, () => '/', me)).toBeUndefined();
		expect(compileCacheFolder({HOME: '/dev/null'}, () => '/', me)).toBeUndefined();
	});

	it('through a link of this user to a folder that others can replace', () => {
		const open = join(home, 'open');
		mkdirSync(join(open, 'target'), {recursive: true});
		chmodSync(open, 0o777);
		symlinkSync(join(open, 'target'), join(home, '.cache'));
		expect(fromHome()).toBeUndefined();
		expect(existsSync(join(open, 'target', 'pgtriage'))).toBe(false);
		expect(readdirSync(join(open, 'target'))).toEqual([]);
	});
});
