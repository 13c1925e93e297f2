import {describe, expect, it} from 'vitest';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {connectedMember, memberOfSlot} from '../../../source/panes/reading/patroni.ts';
import {replicationPane} from '../../../source/panes/replication/replication.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {type PatroniCluster, type PatroniMember, patroniCluster, patroniMembers} from '../../../source/queries/beside/patroni.ts';
import {facts} from '../../../source/queries/server/server.ts';
import {answer, instantAt, makeSample, type QueryAnswer} from '../../findings/samples.ts';
import {played, stateConnected} from '../../screens/driver.ts';

const members: readonly Partial<PatroniMember>[] = [
	{name: 'db-1', role: 'replica', state: 'streaming', host: '10.0.0.1', port: 5432, timeline: 1, lag_bytes: 0},
	{name: 'db-2', role: 'leader', state: 'running', host: '10.0.0.2', port: 5432, timeline: 2, pending_restart: true},
];

const sampleOf = (cluster: Partial<PatroniCluster> = {}, ...more: readonly QueryAnswer[]): Sample =>
	makeSample(
		60,
		answer(sessions),
		answer(patroniCluster, {asked: 'http://10.0.0.2:8008', scope: 'shop', members: 2, answered_at: instantAt(57), ...cluster}),
		answer(patroniMembers, ...members),
		...more,
	);

const rowsIn = (sample: Sample) => replicationPane.rows(sample, [sample]).filter(({section}) => section === 'patroni');

const headOf = (sample: Sample): string => {
	const {state} = played(stateConnected({columns: 200, rows: 50}), [{type: 'sample', sample}]);
	return screen(registry, state).slice(0, 1).map(textOf).join('');
};

const hereIs = (address: string): QueryAnswer => answer(facts, {server_address: address});

describe('members of Patroni', () => {
	it('are rows of the pane, the leader first', () => {
		expect(rowsIn(sampleOf({}, hereIs('10.0.0.1 port 5432')))).toMatchObject([
			{name: 'db-2', here: false, strays: false},
			{name: 'db-1', here: true, strays: true},
		]);
	});

	it('have remarks: the pause, the timeline, the restart, the last failover', () => {
		const sample = sampleOf({paused: true, last_failover: instantAt(-3540), last_failover_to: 'db-2'});
		const pages = rowsIn(sample).map(row => replicationPane.inspect(row, sample, 200, [sample]).map(textOf).join('\n'));
		expect(pages[0]).toMatch(/takes effect after a restart/);
		expect(pages[0]).toMatch(/The cluster is paused/);
		expect(pages[0]).toMatch(/The leader last changed 1h00 ago to db-2\./);
		expect(pages[0]).toMatch(/Read 3\.0s ago from http:\/\/10\.0\.0\.2:8008\./);
		expect(pages[1]).toMatch(/another timeline than the leader/);
	});

	it('are in the header: name, leader, this member, number, pause', () => {
		expect(headOf(sampleOf({paused: true}, hereIs('10.0.0.1 port 5432')))).toContain(
			'patroni shop: leader db-2, paused  here db-1 (replica), 2 members',
		);
		expect(headOf(sampleOf({}, hereIs('10.0.0.2 port 5432')))).toContain('patroni shop: db-2 leads  2 members');
		expect(headOf(makeSample(0, answer(sessions)))).not.toContain('patroni');
	});

	it('are not shown if they are those of another cluster, which is said', () => {
		const sample = sampleOf({system_identifier: '1'}, answer(facts, {system_identifier: '2'}));
		expect(rowsIn(sample)).toEqual([]);
		expect(replicationPane.notice(sample)).toMatch(/manages another cluster/);
		expect(headOf(sample)).toContain('patroni not read');
	});
});

describe('this server among the members', () => {
	it('is the one with its address', () => {
		expect(connectedMember(sampleOf({}, hereIs('10.0.0.1 port 5432')))?.name).toBe('db-1');
		expect(connectedMember(sampleOf({}, hereIs('10.0.0.1 port 5433')))).toBeUndefined();
	});

	it('is the one that answers if their PostgreSQL started at the same moment', () => {
		const started = instantAt(-7);
		expect(connectedMember(sampleOf({member: 'db-2', member_started: started}, answer(facts, {started})))?.name).toBe('db-2');
		expect(connectedMember(sampleOf({member: 'db-2', member_started: instantAt(-8)}, answer(facts, {started})))).toBeUndefined();
	});
});

it('a slot is that of the member after which Patroni names it', () => {
	expect(memberOfSlot('db_1', sampleOf())?.name).toBe('db-1');
	expect(memberOfSlot('db-1', sampleOf())).toBeUndefined();
	expect(memberOfSlot('backup', sampleOf())).toBeUndefined();
});
