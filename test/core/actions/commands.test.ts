import {describe, expect, it} from 'vitest';
import {maintenanceStatement, reportOf} from '../../../source/core/actions/maintenance.ts';
import type {SlotRef} from '../../../source/core/actions/slot.ts';
import {dropStatement, slotCautions, slotRefusal} from '../../../source/core/actions/slot.ts';
import {timeoutFor} from '../../../source/core/sql/timeout.ts';

describe('the timeout of a session', () => {
	const session = {usename: 'app', state: 'active', wait_event: null};

	it('is that of what it does', () => {
		const settingOf = (changes: Partial<typeof session> | {readonly wait_event: string}) =>
			timeoutFor({...session, ...changes})?.setting;
		expect(settingOf({})).toBe('statement_timeout');
		expect(settingOf({wait_event: 'transactionid'})).toBe('lock_timeout');
		expect(settingOf({state: 'idle in transaction (aborted)'})).toBe('idle_in_transaction_session_timeout');
		expect(settingOf({state: 'idle'})).toBeUndefined();
		expect(timeoutFor({...session, usename: null})).toBeUndefined();
	});

	it('quotes a hostile name of a role', () => {
		expect(timeoutFor({...session, usename: 'x"; drop table t; --'})?.statement).toBe(
			`ALTER ROLE "x""; drop table t; --" SET statement_timeout = '5min';`,
		);
	});
});

describe('a slot', () => {
	const slot: SlotRef = {
		name: 'old',
		type: 'physical',
		database: null,
		plugin: null,
		active: false,
		active_pid: null,
		temporary: false,
		synced: null,
		restart_lsn: '0/1A',
		retained_bytes: 1,
		freed_bytes: 1,
		kept_by: null,
		reserved: null,
		patroni: false,
		member: null,
	};

	it('is dropped by a statement that reads its identity again', () => {
		expect(dropStatement(slot)).toContain(
			"not s.active and not s.temporary\nand s.restart_lsn is not distinct from '0/1A'::pg_catalog.pg_lsn",
		);
		expect(dropStatement({...slot, restart_lsn: null})).toContain('is not distinct from null');
	});

	it('is refused while it is active, temporary, reserved, or synchronized on a standby', () => {
		expect(slotRefusal(slot, true)).toBeUndefined();
		expect(slotRefusal({...slot, active: true, active_pid: 7}, false)).toBe('Slot old is in use by 7: stop its consumer first.');
		expect(slotRefusal({...slot, temporary: true}, false)).toMatch(/temporary/);
		expect(slotRefusal({...slot, reserved: 'a REPACK (CONCURRENTLY) reads from it.'}, false)).toMatch(/not dropped: a REPACK/);
		expect(slotRefusal({...slot, synced: true}, true)).toMatch(/synchronized from the primary: drop it there/);
		expect(slotRefusal({...slot, synced: true}, false)).toBeUndefined();
	});

	it('of Patroni or of a former primary is said so', () => {
		expect(slotCautions({...slot, patroni: true})[0]).toMatch(/^Patroni runs here: it creates the slots of its members/);
		expect(slotCautions({...slot, patroni: true, type: 'logical'})[0]).toMatch(/permanent slots again/);
		expect(slotCautions({...slot, patroni: true, member: 'db-2'})).toEqual([
			'Patroni creates it again: its member db-2 streams from it.',
		]);
		expect(slotCautions({...slot, synced: true})[0]).toMatch(/former primary/);
	});
});

describe('maintenance', () => {
	it('has one statement for each kind', () => {
		const statementOf = (kind: Parameters<typeof maintenanceStatement>[0]) => maintenanceStatement(kind, 'table', 'public.t');
		expect(statementOf('vacuum-parallel')).toBe('vacuum (verbose, analyze, truncate off, parallel 4) public.t');
		expect(statementOf('vacuum-quick')).toBe('vacuum (verbose, index_cleanup off, truncate off) public.t');
		expect(statementOf('repack')).toBe('repack (verbose, concurrently) public.t');
	});

	it('keeps a bounded report', () => {
		const notices = Array.from({length: 300}, (_, index) => ({code: '00000', message: `line ${index}`, detail: undefined}));
		expect(reportOf(notices)).toHaveLength(201);
		expect(reportOf(notices).at(-1)).toBe('... and 100 more lines');
		expect(reportOf([{code: '00000', message: 'a\nb', detail: 'c'}])).toEqual(['a', 'b', 'c']);
	});
});
