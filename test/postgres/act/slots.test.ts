import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {createAdmin} from '../../../source/adapters/act/admin.ts';
import type {SlotRef} from '../../../source/core/actions/slot.ts';
import {newest} from '../../../source/core/history/timeline.ts';
import {choicesOf} from '../../../source/core/keys/menu.ts';
import {parseInstant} from '../../../source/core/sample/query.ts';
import type {State} from '../../../source/core/state/state.ts';
import {viewOf} from '../../../source/core/state/view.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {slotOf} from '../../../source/panes/replication/slot-ref.ts';
import {targetOf} from '../lanes.ts';
import {runScreenless, type Screenless} from '../screenless.ts';
import {connect, type Session, startTestServer, undo} from '../servers.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'pgtriage-slots-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 50}));

const questionOf = ({overlay}: State) => (overlay?.kind === 'confirm' ? overlay : undefined);

/** Takes an action of the menu for the row at the cursor. */
const choose = (screen: Screenless, action: string): void => {
	screen.press('f9');
	for (let tries = 0; tries < 30; tries++) {
		const {overlay} = screen.state();
		if (overlay?.kind !== 'action-menu') expect.fail('the menu is not open');
		const names = choices(screen);
		if (names[overlay.place] === action) break;
		screen.press('down');
	}
	screen.press('enter');
};
const choices = (screen: Screenless): readonly string[] => choicesOf(registry, screen.state()).map(({name}) => name);

describe.each([13, 18] as const)('on PostgreSQL %i', version => {
	let server: Server;
	let admin: Session;
	beforeAll(async () => {
		server = await startTestServer(version, {wal_level: 'logical', max_replication_slots: '10'});
		admin = await connect(server);
	});
	afterAll(() => server?.remove());

	const slots = async (): Promise<readonly string[]> =>
		(await admin.query<{slot_name: string}>('select slot_name from pg_replication_slots order by 1')).rows.map(
			({slot_name}) => slot_name,
		);

	const atSlot = async (screen: Screenless, name: string): Promise<void> => {
		screen.press('4');
		screen.press('/');
		screen.type(`slot_name=${name}`);
		screen.press('enter');
		await screen.until('the slot', state => viewOf(registry, state).rows.length === 1);
		screen.press('down');
	};

	it('an inactive slot is dropped after its name was typed, and seen to be gone', async () => {
		undo(server, "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'old%'");
		await admin.query("select pg_create_physical_replication_slot('old_standby', true)");
		await admin.query('create table if not exists filler as select repeat($$x$$, 1000) from generate_series(1, 5000)');
		await admin.query("select pg_create_logical_replication_slot('old_consumer', 'test_decoding')");
		const file = join(folder, 'audit');
		const screen = runScreenless(targetOf(server), file);
		await atSlot(screen, 'old_standby');
		choose(screen, 'Drop the replication slot');
		const question = questionOf(screen.state());
		expect(question).toMatchObject({title: 'Drop replication slot old_standby?', word: 'old_standby'});
		const facts = question?.facts.map(({label, text}) => `${label}: ${text}`).join('\n');
		expect(facts).toMatch(/slot: old_standby, physical/);
		expect(facts).toMatch(
			/frees: up to [\d.]+[kM]B of the [\d.]+[kM]B of WAL that it keeps, at the next checkpoints\. Slot old_consumer keeps the rest\./,
		);
		expect(facts).toMatch(/rebuilt from a base backup/);
		expect(question?.sql).toContain('and s.restart_lsn is not distinct from');
		screen.press('y', 'enter');
		expect(await slots()).toContain('old_standby');
		choose(screen, 'Drop the replication slot');
		screen.type('old_standby');
		screen.press('enter');
		const gone = await screen.until('the effect', ({toast}) => toast?.text.startsWith('Slot old_standby is gone.') === true);
		expect(gone.toast?.text).toMatch(/Slots keep [\d.]+[kM]?B of WAL \([\d.]+[kM]B before\)\./);
		expect(await slots()).toEqual(['old_consumer']);
		expect(readFileSync(file, 'utf8')).toContain('"action":"drop-slot"');
		await expect.poll(() => readFileSync(file, 'utf8')).toContain('"event":"seen"');
	});

	it('what slots kept before is told also if a refresh was faster than the result of the drop', async () => {
		undo(server, "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'old%'");
		await admin.query("select pg_create_physical_replication_slot('old_late', true)");
		await admin.query('create table if not exists filler as select repeat($$x$$, 1000) from generate_series(1, 5000)');
		const screen = runScreenless(targetOf(server), join(folder, 'audit'));
		await atSlot(screen, 'old_late');
		const slot = slotOf('old_late', newest(screen.state().timeline) ?? expect.fail('no sample'));
		await admin.query("select pg_drop_replication_slot('old_late')");
		const {rows} = await admin.query<{at: string}>('select clock_timestamp()::text as at');
		const at = parseInstant(rows[0]?.at ?? '');
		await screen.until(
			'the drop',
			({timeline}) => slotOf('old_late', newest(timeline) ?? expect.fail('no sample')) === undefined,
		);
		screen.dispatch({
			type: 'admin-done',
			command: {kind: 'drop-slot', slot: slot ?? expect.fail('no slot')},
			result: {outcome: 'done', failure: undefined, at},
		});
		const gone = await screen.until('the effect', ({toast}) => toast?.text.startsWith('Slot old_late is gone.') === true);
		expect(gone.toast?.text).toMatch(/Slots keep 0B of WAL \([\d.]+[kM]B before\)\./);
	});

	it('an open question says at once that the slot is gone', async () => {
		undo(server, "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'old%'");
		await admin.query("select pg_create_physical_replication_slot('old_one', true)");
		const screen = runScreenless(targetOf(server), join(folder, 'audit'));
		await atSlot(screen, 'old_one');
		choose(screen, 'Drop the replication slot');
		await admin.query("select pg_drop_replication_slot('old_one')");
		const state = await screen.until('the news', each => questionOf(each)?.news?.isVoid === true);
		expect(questionOf(state)?.news?.sentences).toEqual(['Slot old_one no longer exists; nothing to drop.']);
	});

	it('a slot that was used, is active, or is another one since is kept', async () => {
		undo(server, "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'old%'");
		await admin.query("select pg_create_logical_replication_slot('old_used', 'test_decoding')");
		const {rows} = await admin.query<{restart_lsn: string}>(
			"select restart_lsn::text from pg_replication_slots where slot_name = 'old_used'",
		);
		const slot: SlotRef = {
			name: 'old_used',
			type: 'logical',
			database: 'postgres',
			plugin: 'test_decoding',
			active: false,
			active_pid: null,
			temporary: false,
			synced: null,
			restart_lsn: rows[0]?.restart_lsn ?? null,
			retained_bytes: null,
			freed_bytes: null,
			kept_by: null,
			reserved: null,
			patroni: false,
			member: null,
		};
		const commands = createAdmin(targetOf(server));
		const other = await commands.run({kind: 'drop-slot', slot: {...slot, restart_lsn: '0/1'}});
		expect(other).toMatchObject({
			outcome: 'failed',
			failure: {code: 'changed', message: expect.stringMatching(/restart_lsn is now/)},
		});
		expect(await commands.run({kind: 'drop-slot', slot: {...slot, type: 'physical'}})).toMatchObject({outcome: 'failed'});
		expect(await slots()).toContain('old_used');
		expect(await commands.run({kind: 'drop-slot', slot: {...slot, name: 'old_none'}})).toMatchObject({outcome: 'gone'});
		const refused = await createAdmin(targetOf(server, {user: 'plain'})).run({kind: 'drop-slot', slot});
		expect(refused.failure).toMatchObject({code: '42501', hint: 'Needs a superuser or: ALTER ROLE plain REPLICATION'});
		expect(await commands.run({kind: 'drop-slot', slot})).toMatchObject({outcome: 'done'});
		expect(await slots()).not.toContain('old_used');
	});

	it('one entry of pg_stat_statements is reset, or all', async () => {
		await admin.query('select pg_stat_statements_reset()');
		await admin.query('select 41 as wanted_entry');
		await admin.query('select 42 as other_entry, 1');
		const file = join(folder, 'audit');
		const screen = runScreenless(targetOf(server), file);
		screen.press('5', '/');
		screen.type('wanted_entry');
		screen.press('enter');
		await screen.until('the entry', state => viewOf(registry, state).rows.length === 1);
		screen.press('down');
		await screen.until('the extension', () => choices(screen).indexOf('Reset this statement') < 8);
		choose(screen, 'Reset this statement');
		expect(questionOf(screen.state())?.word).toBeUndefined();
		screen.press('y');
		await screen.until('the outcome', ({toast}) =>
			/^Reset of statement -?\d+ in pg_stat_statements: done\.$/.test(toast?.text ?? ''),
		);
		const texts = async () =>
			(await admin.query<{query: string}>("select query from pg_stat_statements where query like '%entry%'")).rows.map(
				({query}) => query,
			);
		expect((await texts()).filter(query => /wanted_entry/.test(query) && !/like/.test(query))).toEqual([]);
		expect((await texts()).some(query => query.includes('other_entry'))).toBe(true);
		choose(screen, 'Reset all statements');
		screen.press('y');
		await screen.until('the outcome', ({toast}) => toast?.text === 'Reset of pg_stat_statements: done.');
		expect((await texts()).some(query => query.includes('other_entry'))).toBe(false);
		expect(readFileSync(file, 'utf8')).toContain('"action":"reset-statements"');
	});

	it('the outcome and the VERBOSE report of a VACUUM stay in the log', async () => {
		undo(server, 'drop table swept');
		await admin.query('create table swept as select id from generate_series(1, 1000) as id; delete from swept where id <= 700');
		const screen = runScreenless(targetOf(server), join(folder, 'audit'));
		screen.press('3', '/');
		screen.type('relname=swept');
		screen.press('enter');
		await screen.until('the table', state => viewOf(registry, state).rows.length === 1);
		screen.press('down');
		choose(screen, 'VACUUM (PARALLEL 4)');
		expect(questionOf(screen.state())?.sql).toBe('vacuum (verbose, analyze, truncate off, parallel 4) public.swept');
		screen.press('y');
		await screen.until('the outcome', ({toast}) => /^VACUUM \(PARALLEL\) of public\.swept took/.test(toast?.text ?? ''));
		screen.press('@', '/');
		screen.type('kind=action');
		screen.press('enter');
		const state = await screen.until('the entry', each => viewOf(registry, each).rows.length > 0);
		const outcome = String(viewOf(registry, state).rows[0]?.outcome);
		expect(outcome).toMatch(/^done: 700 dead rows removed, 0 not yet removable\n/);
		expect(outcome).toMatch(/swept/);
	});

	it('an open question about a table says that it was renamed or dropped', async () => {
		await admin.query('create table doomed as select 1 as id');
		const screen = runScreenless(targetOf(server), join(folder, 'audit'));
		screen.press('3', '/');
		screen.type('relname~doomed');
		screen.press('enter');
		await screen.until('the table', state => viewOf(registry, state).rows.length === 1);
		screen.press('down', 'V');
		expect(questionOf(screen.state())?.title).toBe('VACUUM (ANALYZE) of public.doomed?');
		await admin.query('alter table doomed rename to doomed_2');
		await screen.until(
			'the new name',
			each => questionOf(each)?.news?.sentences[0] === 'It was renamed: it is now public.doomed_2.',
		);
		await admin.query('drop table doomed_2');
		const state = await screen.until('the end', each => questionOf(each)?.news?.isVoid === true);
		expect(questionOf(state)?.news?.sentences).toEqual(['public.doomed no longer exists; nothing to vacuum.']);
	});
});
