import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decode} from '../../../source/core/sample/query.ts';
import {mostMembers, patroniCluster, patroniMembers} from '../../../source/queries/beside/patroni.ts';
import {apiOrigin, clusterRow, isStatus, memberRows} from '../../../source/queries/beside/patroni-json.ts';
import {memberJson, statusJson} from '../../adapters/patroni/rest-server.ts';

const connection = {host: '10.0.0.1', port: 5432};
const at = '2026-11-30T01:10:00.000000+00:00';

const membersIn = (answer: unknown) => decode(patroniMembers, memberRows(answer, connection)?.rows ?? []).rows;

const clusterIn = (cluster: unknown, status: unknown = statusJson(), history: unknown = []) => {
	const members = memberRows(cluster, connection);
	return decode(patroniCluster, [clusterRow({asked: 'http://a:8008', at, cluster, status, history, members})]).rows[0];
};

describe('the list of members', () => {
	it('keeps what Patroni 3 and 4 say of them', () => {
		expect(
			membersIn({
				members: [
					memberJson('a', {role: 'leader', api_url: 'http://10.0.0.1:8008/patroni', pending_restart: true}),
					memberJson('b', {
						role: 'quorum_standby',
						state: 'streaming',
						lag: 16_777_216,
						tags: {nofailover: true, clonefrom: false, failover_priority: 2},
					}),
					memberJson('c', {role: 'replica', state: 'start failed', lag: 'unknown', timeline: undefined}),
				],
			}),
		).toMatchObject([
			{name: 'a', role: 'leader', api_url: 'http://10.0.0.1:8008', pending_restart: true, connected: true},
			{name: 'b', role: 'quorum_standby', state: 'streaming', lag_bytes: 16_777_216, tags: 'nofailover, failover_priority=2'},
			{name: 'c', state: 'start failed', lag_bytes: null, timeline: null, pending_restart: false},
		]);
	});

	it('has nothing of the wrong type, and no number that is none', () => {
		const lies = {
			port: 70_000,
			lag: -1,
			timeline: 1e300,
			state: {a: 1},
			host: ['x'],
			tags: 'nofailover',
			pending_restart: 'yes',
			role: 5,
		};
		expect(membersIn({members: [memberJson('a', lies)]})).toMatchObject([
			{
				name: 'a',
				role: 'unknown',
				state: null,
				host: null,
				port: null,
				lag_bytes: null,
				timeline: null,
				tags: null,
				pending_restart: false,
			},
		]);
	});

	it('leaves out members without a name, and a second one with the same', () => {
		const answer = {members: [memberJson('a'), memberJson('a', {role: 'leader'}), {role: 'leader'}, null, 7, [], memberJson('')]};
		expect(membersIn(answer)).toMatchObject([{name: 'a', role: 'replica'}]);
		expect(memberRows(answer, connection)?.total).toBe(1);
	});

	it('is bounded, and says how many there are', () => {
		const answer = {members: Array.from({length: 1_000_000}, (_, index) => ({name: String(index)}))};
		expect(membersIn(answer)).toHaveLength(mostMembers);
		expect(clusterIn(answer)).toMatchObject({members: 1_000_000});
	});

	it('cuts long names and mends halves of characters', () => {
		const [long, half] = membersIn({members: [memberJson('x'.repeat(100_000)), memberJson('a\ud800')]});
		expect(String(long?.name)).toHaveLength(128);
		expect(half?.name).toBe('a\ufffd');
	});

	it('is not one if there is no list', () => {
		for (const answer of [undefined, null, [], 'members', {members: {}}, {members: 'a'}, {}])
			expect(memberRows(answer, connection)).toBeUndefined();
	});
});

describe('the cluster', () => {
	it('has the name, the pause and the last failover', () => {
		const history = [
			[1, 25_623_960, 'no recovery target specified', '2026-11-29T16:57:57.000000+00:00', 'a'],
			[2, 25_624_344, 'no recovery target specified', '2026-11-30T01:09:54.552125+00:00', 'b'],
		];
		expect(clusterIn({members: [], pause: true}, statusJson(), history)).toMatchObject({
			scope: 'shop',
			paused: true,
			last_failover: '2026-11-30T01:09:54.552125+00:00',
			last_failover_to: 'b',
			member_started: '2026-11-30T01:05:56.682723+00:00',
			system_identifier: '7713764502071459713',
		});
	});

	it('has no failover if the history is old, cut or something else', () => {
		for (const history of [undefined, {}, [], [[1, 2, 'x']], ['x'], [[1, 2, 'x', 'yesterday', 5]]])
			expect(clusterIn({members: []}, statusJson(), history)).toMatchObject({last_failover: null, last_failover_to: null});
	});

	it('names the member that answers by its address, unless several have it', () => {
		const named = (...names: readonly string[]) =>
			clusterIn({members: names.map(name => memberJson(name, {api_url: 'http://a:8008/patroni'}))})?.member;
		expect(named('a')).toBe('a');
		expect(named('a', 'b')).toBeNull();
	});

	it('has a leader without its lock in failsafe mode', () => {
		const unlocked = {cluster_unlocked: true};
		expect(clusterIn(null, statusJson(unlocked))?.unlocked).toBe(true);
		expect(clusterIn(null, statusJson({...unlocked, failsafe_mode_is_active: true}))?.unlocked).toBe(false);
	});

	it('is unknown as far as the state of the member was not read', () => {
		expect(clusterIn({members: [], pause: true}, null)).toMatchObject({scope: null, unlocked: null, paused: true});
		expect(isStatus({state: 'running'})).toBe(false);
	});
});

describe('the address of a member', () => {
	it.each([
		['http://10.0.0.1:8008/patroni', 'http://10.0.0.1:8008'],
		['https://DB1.example:8008/x?y#z', 'https://db1.example:8008'],
		['http://user@10.0.0.1:8008/', null],
		['javascript:alert(1)', null],
		['//10.0.0.1', null],
		[`http://${'a'.repeat(300)}`, null],
		[5, null],
	])('%s is %s', (url, origin) => {
		expect(apiOrigin(url)).toBe(origin);
	});
});

it('any JSON is read without an error, and only known types come out', () => {
	const value = fc.jsonValue({maxDepth: 4});
	const member = fc.record(
		{
			name: fc.oneof(fc.string(), value),
			port: value,
			lag: value,
			timeline: value,
			tags: value,
			api_url: fc.oneof(fc.webUrl(), value),
		},
		{requiredKeys: []},
	);
	fc.assert(
		fc.property(
			fc.oneof(value, fc.record({members: fc.oneof(value, fc.array(member))})),
			value,
			value,
			(cluster, status, history) => {
				const row = clusterIn(cluster, status, history);
				const rows = membersIn(cluster);
				for (const {port, lag_bytes: lag, timeline} of rows)
					for (const figure of [port, lag, timeline]) expect(figure === null || Number.isSafeInteger(figure)).toBe(true);
				expect(typeof row?.paused).toBe('boolean');
			},
		),
	);
});
