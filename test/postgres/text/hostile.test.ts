import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {confirmationLines} from '../../../source/core/actions/flow/dialog.ts';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import {createDecoder, createEncoder, escapedJson} from '../../../source/core/recording/lines.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import type {Message} from '../../../source/core/state/message.ts';
import type {State} from '../../../source/core/state/state.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {printed} from '../../../source/run/print.ts';
import {watchServer} from '../../../source/run/server.ts';
import {unsafe} from '../../core/arbitraries.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {keyOf, played, stateConnected} from '../../screens/driver.ts';
import {targetOf} from '../lanes.ts';
import {connect, startTestServer} from '../servers.ts';

// As much as a name has room for: a title, the clipboard, the whole screen, bidi, zero width, a C1 control, a tag, a mark.
const evil = '\u0301x\x1b]0;o\x07\x1b]52;c;bw==\x07\x1b[2J\x1b[8m\u202e\u200b\u009b7m\u{e0041}\r\n"';
const seen = /\\u0301x\^\[\]0;o\^G\^\[\]52;c;bw==\^G\^\[\[2J\^\[\[8m\\u202e\\u200b\\x9b7m\\u\{e0041\} "/;

let server: Server;
let samples: readonly Sample[];

/** A server on which everything that has a name has this one. */
const fill = async (admin: Client): Promise<void> => {
	const name = admin.escapeIdentifier(evil);
	const text = admin.escapeLiteral(evil);
	await admin.query(`create role ${name} login`);
	await admin.query('create role "=1+1"; create role "@sum"; create role "-1+1|calc"; create role "+1"; create role "-1.5e3"');
	await admin.query(`create database ${name} owner ${name}`);
	await admin.query(`alter database ${name} set work_mem = '5MB'`);
	await admin.query(`alter role ${name} in database ${name} set search_path = ${text}`);
	await admin.query(`create tablespace ${name} location ''`);
	await admin.query(`create publication ${name}`);
	await admin.query(`create subscription ${name} connection 'host=/nowhere dbname=x' publication ${name}
		with (connect = false, slot_name = none)`);
	await admin.query(`create schema ${name} authorization ${name}`);
	await admin.query(`create table ${name}.${name} (${name} int, other int);
		create index ${admin.escapeIdentifier(`${evil}2`)} on ${name}.${name} (${name});
		alter table ${name}.${name} owner to ${name};
		insert into ${name}.${name} select generate_series(1, 5000);
		analyze ${name}.${name}; delete from ${name}.${name} where ${name} <= 4000`);
	await admin.query(`select ${name} as ${name} from ${name}.${name} limit 1 /* ${evil} */`);
	await admin.query(`begin; update ${name}.${name} set other = 1 where ${name} = 5000; prepare transaction ${text}`);
	const one = await connect(server, {user: evil, database: evil, applicationName: evil});
	await one.query(`begin; select ${text} as ${name}`);
	const failing = await connect(server, {user: evil, database: evil, applicationName: evil});
	await failing.query('select 1 / 0').catch(() => {});
	const waiter = await connect(server, {user: evil, applicationName: 'waiter'});
	waiter.query(`update ${name}.${name} set other = 2 /* ${evil} */`).catch(() => {});
};

/** Two samples of everything. */
const sampled = (): Promise<readonly Sample[]> =>
	new Promise(resolve => {
		const taken: Sample[] = [];
		const {source} = watchServer(targetOf(server, {dbname: 'postgres'}), {intervalMs: 1000, eager: true, mostWaitMs: 20_000});
		const feed = source(action => {
			if (action.type !== 'sample') return;
			taken.push(action.sample);
			if (taken.length === 2) queueMicrotask(() => void feed.stop().then(() => resolve(taken)));
		});
		feed.watch(registry.panes.map(({id}) => id));
	});

beforeAll(async () => {
	server = await startTestServer(18, {
		max_prepared_transactions: '5',
		allow_in_place_tablespaces: 'on',
		autovacuum: 'off',
		wal_level: 'logical',
		logging_collector: 'on',
		log_destination: 'csvlog',
	});
	const admin = await connect(server, {applicationName: 'admin'});
	await fill(admin);
	await vi.waitUntil(
		async () => (await admin.query("select from pg_stat_activity where wait_event_type = 'Lock'")).rowCount === 1,
		{timeout: longestWaitMs},
	);
	samples = await sampled();
});

afterAll(async () => server?.remove());

const newest = (): Sample => samples.at(-1) ?? expect.fail('nothing was read');

// Panes about what has no name of its own, or none that a role can choose; the server makes the names of applications ASCII.
const nameless = new Set(['waits', 'settings', 'progress', 'log', 'triage', 'preflight', 'groups', 'fleet', 'pooler']);

describe.each(registry.panes.map(pane => [pane.id, pane] as const))('on a server where every name is hostile, %s', (id, pane) => {
	it.each(['json', 'ndjson', 'csv', 'text'] as const)('prints %s that a terminal can be shown', format => {
		const {text} = printed(newest(), samples, {panes: [id], format, filter: 'pid>0', sort: undefined});
		expect(text.replaceAll('\n', '')).not.toMatch(unsafe);
		if (format.endsWith('json')) for (const line of text.split('\n')) expect(JSON.parse(line)).toMatchObject({at: newest().at});
	});

	it('has lines and pages of exactly the width of the screen, without anything that moves or hides', () => {
		for (const [columns, rows] of [
			[80, 24],
			[200, 50],
		] as const) {
			const actions: readonly Message[] = [
				...samples.map((sample): Message => ({type: 'sample', sample})),
				{type: 'pane', pane: id},
				{type: 'key', key: keyOf('i', 1000)},
				{type: 'key', key: keyOf('down', 2000)},
			];
			let state: State = played(stateConnected({columns, rows}), actions).state;
			for (const keys of [[], ['enter'], ['esc', 'K'], ['esc', 'V'], ['esc', 'f9'], ['esc', 'v'], ['end']]) {
				state = played(
					state,
					keys.map((key, index): Message => ({type: 'key', key: keyOf(key, 9000 + index)})),
				).state;
				const {overlay} = state;
				const lines = overlay?.kind === 'confirm' ? confirmationLines(overlay, columns, rows) : screen(registry, state);
				for (const line of lines) {
					expect(textOf(line)).not.toMatch(unsafe);
					if (overlay?.kind !== 'confirm') expect(lineWidth(line)).toBe(columns);
				}
			}
		}
	});

	const showsNames = (): void => {
		const shown = pane
			.rows(newest(), samples)
			.flatMap(row => [
				...pane.columns.map(column => column.format(column.value(row, newest().at), row)),
				...pane.inspect(row, newest(), 400, samples).map(textOf),
			])
			.join('\n');
		expect(shown).toSatisfy((text: string) => seen.test(text) || text.includes(evil));
		const {text} = printed(newest(), samples, {panes: [id], format: 'csv', filter: '', sort: undefined});
		expect(text.replaceAll('""', '"')).toMatch(seen);
	};
	if (!nameless.has(id)) it('shows what the names are made of', showsNames);

	it('keeps values as they are in JSON', () => {
		const json = paneJson(pane, newest(), samples, parseFilter('', pane.columns), undefined);
		expect(json).toMatchObject({ok: true});
		const {text} = printed(newest(), samples, {panes: [id], format: 'json', filter: '', sort: undefined});
		expect(JSON.parse(text).panes[id]).toEqual(JSON.parse(JSON.stringify(json)));
	});
});

it('what a spreadsheet would run as a formula is text in CSV', () => {
	const {text} = printed(newest(), samples, {panes: ['roles'], format: 'csv', filter: '', sort: undefined});
	const cells = text.split('\n').flatMap(line => line.split(','));
	expect(cells).toEqual(expect.arrayContaining(["'=1+1", "'@sum", "'-1+1|calc", "'+1", '-1.5e3']));
});

it('a recording of it holds no such character, and gives every one back', () => {
	const [encode, decode] = [createEncoder(), createDecoder()];
	for (const sample of samples) {
		const line = encode(sample, 0);
		expect(line).not.toMatch(unsafe);
		expect(decode(line).sample?.results.sessions).toMatchObject({
			rows: sample.results.sessions?.ok && sample.results.sessions.rows,
		});
	}
});

it('the JSON of a plan is escaped without becoming another', () => {
	const plan = JSON.stringify([{Plan: {'Node Type': 'Seq Scan', Alias: evil}}], undefined, 2);
	expect(escapedJson(plan).replaceAll('\n', '')).not.toMatch(unsafe);
	expect(JSON.parse(escapedJson(plan))).toEqual(JSON.parse(plan));
});
