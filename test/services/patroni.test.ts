import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it, onTestFinished} from 'vitest';
import type {Row, Sample} from '../../source/core/sample/sample.ts';
import {registry} from '../../source/panes/index.ts';
import {slotOf} from '../../source/panes/replication/slot-ref.ts';
import {type Beside, watchBeside} from '../postgres/beside.ts';
import {targetOf} from '../postgres/lanes.ts';
import {at, cli, environment, folder, run} from '../pty/program.ts';
import {type Member, type PatroniCluster, startPatroni} from './patroni.ts';

let cluster: PatroniCluster;

beforeAll(async () => {
	cluster = await startPatroni();
}, 180_000);
afterAll(async () => {
	await cluster?.remove();
}, 60_000);

const serverOf = ({port}: Member) => ({host: '127.0.0.1', port});

/** Watches the replication of a member, with Patroni as one of them reports it. */
const watching = (server: Member, asked: Member): Beside =>
	watchBeside(targetOf(serverOf(server)), 'replication', {patroni: asked.rest, eager: false, mostWaitMs: 500});

const newest = ({samples}: Beside): Sample => samples.at(-1) as Sample;
const membersIn = (rows: readonly Row[]): readonly Row[] => rows.filter(({section}) => section === 'patroni');
const findingsIn = (watched: Beside): readonly Row[] => registry.pane('triage').rows(newest(watched), watched.samples);
const found = (watched: Beside, rule: string): Row | undefined => findingsIn(watched).find(finding => finding.rule === rule);

/** Options of the program that watches a member and asks another one. */
const options = (server: Member, asked: Member): readonly string[] => [
	...at(serverOf(server)),
	'--config',
	'none',
	'--interval',
	'250ms',
	'--patroni',
	asked.rest,
];

const pauseForTest = (): void => {
	cluster.patronictl('pause', '--wait');
	onTestFinished(async () => {
		cluster.patronictl('resume', '--wait');
		await cluster.settled();
	});
};

describe('a cluster of Patroni and etcd', () => {
	it('is shown with its members, whichever of them is asked', async () => {
		const {leader, replica} = await cluster.settled();
		await using watched = watching(leader, replica);
		const rows = membersIn(await watched.until('members', all => membersIn(all).length === 2));
		expect(rows).toMatchObject([
			{member: leader.name, member_role: 'leader', member_state: 'running', here: true, api_url: leader.rest},
			{member: replica.name, member_role: 'replica', here: false, member_lag_bytes: expect.any(Number)},
		]);
		expect(newest(watched).results.patroni_cluster).toMatchObject({
			rows: [{scope: 'shop', asked: replica.rest, member: replica.name, paused: false, unlocked: false, members: 2}],
		});
		await watched.until('a calm cluster', () => newest(watched).results.slots?.ok === true);
		expect(findingsIn(watched).filter(({rule}) => /leader|patroni|timeline|primary|not-read/.test(String(rule)))).toEqual([]);
		const slot = slotOf(replica.name.replace('-', '_'), newest(watched));
		expect(slot).toMatchObject({patroni: true, member: replica.name});
	});

	it('is a warning while it is paused, in metrics, in a recording and in its report too', async () => {
		const {leader, replica} = await cluster.settled();
		pauseForTest();
		const metrics = await run(['--once', '--format', 'openmetrics', ...options(replica, leader)]);
		expect(metrics.stdout).toContain('pgtriage_findings{rule="patroni-paused",severity="warning"} 1\n');
		const check = await run(['check', '--rule', 'patroni-paused', ...options(replica, leader)]);
		expect(check).toMatchObject({
			status: 1,
			stdout: expect.stringMatching(/^WARNING patroni-paused: Cluster shop is paused, seen/),
		});
		const file = join(folder, 'paused.ndjson');
		const recorder = spawn(process.execPath, [cli, 'record', file, ...options(leader, replica)], {
			env: environment(),
			stdio: 'ignore',
		});
		const ended = once(recorder, 'exit');
		const recorded = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
		await expect
			.poll(() => ['"shop"', '"archiver"', '"wal"'].every(part => recorded().includes(part)), {timeout: 30_000})
			.toBe(true);
		recorder.kill('SIGINT');
		await ended;
		const report = await run(['report', file]);
		expect(report.stdout).toMatch(/Cluster shop is paused, seen .*: automatic failover is off\./);
		const replay = await run(['replay', file, '--once', '--pane', 'replication', '--format', 'json']);
		const {panes} = JSON.parse(replay.stdout) as {readonly panes: {readonly replication: {readonly rows: readonly Row[]}}};
		expect(membersIn(panes.replication.rows).map(({member}) => member)).toEqual([leader.name, replica.name]);
	});

	it('shows which members need a restart', async () => {
		const {leader, replica} = await cluster.settled();
		await using watched = watching(replica, leader);
		const configure = (connections: number): void => {
			cluster.patronictl('edit-config', '--force', '-s', `postgresql.parameters.max_connections=${connections}`);
		};
		onTestFinished(() => configure(30));
		configure(31);
		const needs = (rows: readonly Row[]): boolean => membersIn(rows).some(row => row.pending_restart === true);
		expect(needs(await watched.until('the restart', needs))).toBe(true);
	});

	it('has no leader once its PostgreSQL is stopped in a pause', async () => {
		const {leader, replica} = await cluster.settled();
		pauseForTest();
		cluster.stopPostgres(leader);
		await using watched = watching(replica, leader);
		await watched.until('the finding', () => newest(watched) && found(watched, 'no-leader') !== undefined);
		expect(found(watched, 'no-leader')).toMatchObject({severity: 'critical', copies: 'patronictl -c FILE list shop'});
		expect(String(found(watched, 'no-leader')?.evidence)).toMatch(/The cluster is paused/);
		const check = await run(['check', '--rule', 'no-leader', ...options(replica, leader)]);
		expect(check).toMatchObject({status: 2, stdout: expect.stringMatching(/^CRITICAL no-leader: /)});
	});

	it('has a second primary on another timeline once a replica is promoted in a pause', async () => {
		const {leader, replica} = await cluster.settled();
		pauseForTest();
		await using watched = watching(replica, leader);
		await watched.until('members', rows => membersIn(rows).length === 2);
		cluster.promotePostgres(replica);
		await watched.until('a second primary', () => found(watched, 'second-primary') !== undefined);
		expect(found(watched, 'second-primary')).toMatchObject({
			severity: 'critical',
			summary: expect.stringMatching(
				new RegExp(`^This server, ${replica.name}, has been a primary for .* while ${leader.name} leads`),
			),
		});
		await watched.until('its timeline', () => found(watched, 'timeline-differs') !== undefined);
		expect(found(watched, 'timeline-differs')).toMatchObject({
			severity: 'warning',
			copies: `patronictl -c FILE reinit shop ${replica.name}`,
		});
	});

	it('is read from the other member while the one asked is stopped', async () => {
		const {leader, replica} = await cluster.settled();
		await using watched = watching(leader, replica);
		await watched.until('members', rows => membersIn(rows).length === 2);
		replica.patroni.kill('SIGSTOP');
		onTestFinished(() => void replica.patroni.kill('SIGCONT'));
		const askedNow = (): unknown => {
			const result = newest(watched).results.patroni_cluster;
			return result?.ok ? result.rows[0]?.asked : undefined;
		};
		await watched.until('the other member', () => askedNow() === leader.rest);
		expect(newest(watched).results.patroni_members).toMatchObject({ok: true, rows: {length: 2}});
	});

	it('is known in part while its configuration store hangs', async () => {
		const {leader, replica} = await cluster.settled();
		await using watched = watching(replica, leader);
		await watched.until('members', rows => membersIn(rows).length === 2);
		cluster.etcd.kill('SIGSTOP');
		onTestFinished(async () => {
			cluster.etcd.kill('SIGCONT');
			await cluster.settled();
		});
		await watched.until('the failure', () => newest(watched).results.patroni_members?.ok === false);
		const unread = (): readonly Row[] => findingsIn(watched).filter(({rule}) => rule === 'not-read');
		expect(unread().map(({subject}) => subject)).toContain('Patroni members');
		await watched.until('no leader', () => found(watched, 'no-leader') !== undefined);
		expect(String(found(watched, 'no-leader')?.evidence)).toMatch(/cannot list the members/);
	});
});
