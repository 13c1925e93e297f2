import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {save} from '../../../source/adapters/record/saver.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'saver-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const files = [
	{name: 'a.txt', text: 'one'},
	{name: 'a.json', text: '[]'},
];

test('saved files are readable by their owner only', async () => {
	expect(await save(files, folder)).toEqual({names: [join(folder, 'a.txt'), join(folder, 'a.json')], failure: undefined});
	expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('one');
	expect(statSync(join(folder, 'a.json')).mode & 0o777).toBe(0o600);
});

test('an existing file is not overwritten and no other file is left behind', async () => {
	writeFileSync(join(folder, 'a.json'), 'mine');
	expect(await save(files, folder)).toEqual({names: [], failure: expect.stringContaining('already exists')});
	expect(readdirSync(folder)).toEqual(['a.json']);
	expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe('mine');
});

test('a missing folder is reported', async () => {
	expect(await save(files, join(folder, 'no'))).toEqual({names: [], failure: expect.stringContaining('ENOENT')});
});
