import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, it} from 'vitest';
import {passwordFrom} from '../../source/adapters/connect/pgpass.ts';
import {notRegularCode, readInTime, readRegularFile} from '../../source/system/reading.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgtriage-reading-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const pipe = (name: string): string => {
	const path = join(folder, name);
	execFileSync('mkfifo', [path]);
	return path;
};

it('a regular file is read whole', () => {
	const path = join(folder, 'file');
	const text = 'x'.repeat(200_000);
	writeFileSync(path, text);
	expect(readRegularFile(path).toString()).toBe(text);
	expect(readInTime(path).toString()).toBe(text);
	writeFileSync(path, '');
	expect(readInTime(path).toString()).toBe('');
});

it('a pipe, a device and a folder are no regular files, and opening them does not wait', () => {
	for (const path of [pipe('silent'), '/dev/zero', folder])
		expect(() => readRegularFile(path)).toThrow(expect.objectContaining({code: notRegularCode}));
});

it('what a program writes to a pipe is read to its end', () => {
	const path = pipe('service');
	const writer = spawn('/bin/sh', ['-c', 'sleep 0.2; { echo "[shop]"; sleep 0.2; echo host=db1; } > "$0"', path]);
	try {
		expect(readInTime(path).toString()).toBe('[shop]\nhost=db1\n');
	} finally {
		writer.kill();
	}
});

it('a pipe that nothing is written to and a device without end are given up', () => {
	expect(() => readInTime(pipe('never'))).toThrow(expect.objectContaining({code: 'ETIMEDOUT'}));
	expect(() => readInTime('/dev/zero')).toThrow(expect.objectContaining({code: 'EFBIG'}));
});

it('a password file that is a pipe is not used, and does not hold up the connection', () => {
	const path = pipe('pgpass');
	expect(passwordFrom(path, {host: 'h', port: 5432, dbname: 'd', user: 'u'})).toEqual({
		ignored: `${path} is not a regular file.`,
	});
});
