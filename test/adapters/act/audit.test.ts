import {execFileSync} from 'node:child_process';
import {chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
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
