import {execFileSync} from 'node:child_process';
import {
	chmodSync,
	chownSync,
	closeSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type AuditEntry, createAudit} from '../../../source/adapters/act/audit.ts';

const entry: AuditEntry = {
	event: 'before',
	action: 'terminate',
	target: {pid: 4711},
	statement: 'select 1',
	outcome: null,
	sqlstate: null,
	took_ms: null,
};

let folder: string;
let file: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'pgtriage-audit-'));
	file = join(folder, 'audit.ndjson');
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const write = (fields: Partial<AuditEntry> = {}) =>
	createAudit(file, () => 'dba@db1:5432/shop', undefined).write({...entry, ...fields});

describe('the audit', () => {
	it('is readable by its owner only, whatever the umask and the mode of an existing file', async () => {
		const before = process.umask(0);
		try {
			expect(await write()).toBeUndefined();
		} finally {
			process.umask(before);
		}
		expect(statSync(file).mode & 0o777).toBe(0o600);
		chmodSync(file, 0o666);
		expect(await write()).toBeUndefined();
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
	});

	it('is not written through a symbolic link', async () => {
		const precious = join(folder, 'precious');
		writeFileSync(precious, '');
		symlinkSync(precious, file);
		expect(await write()).toMatchObject({code: 'no_audit', message: expect.stringContaining('cannot be written (ELOOP)')});
		expect(readFileSync(precious, 'utf8')).toBe('');
	});

	it('is not written into a pipe and does not wait for a reader', async () => {
		execFileSync('mkfifo', [file]);
		expect(await write()).toMatchObject({code: 'no_audit'});
	});

	it('fails below a folder in which nothing can be made, and does not wait for it', async () => {
		file = '/proc/none/below/audit.ndjson';
		expect(await write()).toMatchObject({code: 'no_audit', message: `The audit file ${file} cannot be written (ENOENT).`});
		file = '/dev/null/audit.ndjson';
		expect(await write()).toMatchObject({code: 'no_audit', message: `The audit file ${file} cannot be written (ENOTDIR).`});
	});

	it('creates the missing folders above it for its owner only', async () => {
		file = join(folder, 'a', 'b', 'audit.ndjson');
		expect(await write()).toBeUndefined();
		expect([join(folder, 'a'), join(folder, 'a', 'b')].map(path => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
	});

	it.runIf(process.getuid?.() === 0)('waits a bounded time for a file system that does not answer', async () => {
		const hung = join(folder, 'hung');
		mkdirSync(hung);
		// A file system in user space whose program never answers.
		const fuse = openSync('/dev/fuse', 'r+');
		const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
		execFileSync('/bin/mount', ['-i', '-t', 'fuse', '-o', options, 'hung', hung], {stdio: ['ignore', 'ignore', 'pipe', fuse]});
		try {
			const path = join(hung, 'below', 'audit.ndjson');
			const audit = createAudit(path, () => 'dba@db1:5432/shop', undefined, 2000);
			const late = {code: 'no_audit', message: `The audit file ${path} cannot be written: its disk does not answer.`};
			expect(await audit.write(entry)).toMatchObject(late);
			const begun = performance.now();
			expect(await Promise.all(Array.from({length: 20}, () => audit.write(entry)))).toMatchObject(Array(20).fill(late));
			expect(performance.now() - begun).toBeLessThan(1500);
		} finally {
			closeSync(fuse);
			execFileSync('/bin/umount', ['-l', hung]);
		}
	});

	it.runIf(process.getuid?.() === 0)('is not written into a file of another user', async () => {
		writeFileSync(file, '');
		chownSync(file, 65_534, 65_534);
		expect(await write()).toMatchObject({
			code: 'no_audit',
			message: expect.stringContaining('is not a regular file of this user'),
		});
		expect(readFileSync(file, 'utf8')).toBe('');
	});

	it('keeps concurrent lines whole and masks secrets', async () => {
		const audit = createAudit(file, () => 'dba@db1:5432/shop', undefined);
		const many = Array.from({length: 50}, (_, pid) => audit.write({...entry, target: {pid}}));
		await Promise.all([...many, audit.write({...entry, statement: "alter role app password 'hunter2'"})]);
		const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
		expect(lines.slice(0, 50).map(text => (JSON.parse(text) as typeof entry).target)).toEqual(
			Array.from({length: 50}, (_, pid) => ({pid})),
		);
		expect(lines[50]).toContain("password '***'");
		expect(readFileSync(file, 'utf8')).not.toContain('hunter2');
	});
});
