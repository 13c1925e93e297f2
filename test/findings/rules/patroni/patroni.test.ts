import {describe, expect, it} from 'vitest';
import type {Sample} from '../../../../source/core/sample/sample.ts';
import type {Rule} from '../../../../source/findings/rule.ts';
import {noLeader} from '../../../../source/findings/rules/patroni/no-leader.ts';
import {patroniPaused} from '../../../../source/findings/rules/patroni/patroni-paused.ts';
import {secondPrimary} from '../../../../source/findings/rules/patroni/second-primary.ts';
import {timelineDiffers} from '../../../../source/findings/rules/patroni/timeline-differs.ts';
import {notRead} from '../../../../source/findings/rules/server/not-read.ts';
import {
	type PatroniCluster,
	type PatroniMember,
	patroniCluster,
	patroniMembers,
} from '../../../../source/queries/beside/patroni.ts';
import {facts, pulse} from '../../../../source/queries/server/server.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer} from '../../samples.ts';

const leader: Partial<PatroniMember> = {name: 'a', role: 'leader', state: 'running', host: '10.0.0.1', port: 5432, timeline: 2};
const replica: Partial<PatroniMember> = {
	name: 'b',
	role: 'replica',
	state: 'streaming',
	host: '10.0.0.2',
	port: 5432,
	timeline: 2,
	lag_bytes: 0,
};
const shop: Partial<PatroniCluster> = {asked: 'http://10.0.0.1:8008', scope: 'shop', paused: false, unlocked: false};

type Cluster = {readonly cluster?: Partial<PatroniCluster>; readonly members?: readonly Partial<PatroniMember>[]};

const answersOf = ({cluster = {}, members = [leader, replica]}: Cluster): readonly QueryAnswer[] => [
	answer(patroniCluster, {...shop, members: members.length, ...cluster}),
	answer(patroniMembers, ...members),
];

const at = (seconds: number, cluster: Cluster = {}, ...more: readonly QueryAnswer[]): Sample =>
	makeSample(seconds, ...answersOf(cluster), ...more);

/** A sample of a member whose store is down: it has no list of members. */
const unlisted = (seconds: number, unlocked: boolean): Sample => {
	const sample = makeSample(
		seconds,
		answer(patroniCluster, {
			...shop,
			members: null,
			unlocked,
			answered_at: instantAt(seconds),
			dcs_seen: instantAt(seconds - 32),
		}),
	);
	const error = {code: 'deadline', message: 'Patroni did not answer.'};
	return {...sample, results: {...sample.results, [patroniMembers.name]: {ok: false, at: sample.at, tookMs: 1, error}}};
};

const rules: readonly Rule[] = [noLeader, patroniPaused, secondPrimary, timelineDiffers];

const all = (...samples: readonly Sample[]) => rules.flatMap(rule => findingsOf(rule, ...samples));

describe('a cluster that is well', () => {
	it('has no finding, with a leader, a replica and a member that starts', () => {
		const starting = {...replica, name: 'c', state: 'starting', timeline: null};
		expect(all(...[0, 60, 120].map(seconds => at(seconds, {members: [leader, replica, starting]})))).toEqual([]);
	});

	it('has no finding as a standby cluster, whose leader streams', () => {
		expect(all(at(0, {members: [{...leader, role: 'standby_leader', state: 'streaming'}, replica]}))).toEqual([]);
	});

	it('has no finding if Patroni is not asked, or cannot be read', () => {
		expect(all(makeSample(0, answer(patroniCluster), answer(patroniMembers)))).toEqual([]);
		expect(all(makeSample(0))).toEqual([]);
	});
});

describe('a cluster without a leader', () => {
	const none = {
		members: [
			{...replica, lag_bytes: 2048},
			{...replica, name: 'c', state: 'stopped', timeline: null, lag_bytes: null},
		],
	};

	it('is critical at once, and says since when it is seen', () => {
		const [first] = findingsOf(noLeader, at(0), at(5, none));
		expect(first).toMatchObject({
			severity: 'critical',
			summary: 'Cluster shop has no leader, seen just now: clients find no primary.',
		});
		const [later] = findingsOf(noLeader, at(0), at(5, none), at(10, none), at(17, none));
		expect(later).toMatchObject({
			summary: 'Cluster shop has no leader, seen for 12s: clients find no primary.',
			evidence: 'b is streaming on timeline 2, 2.0kB behind; c is stopped.',
			action: 'Look at the logs of the members; y copies: patronictl -c FILE list shop',
			copies: 'patronictl -c FILE list shop',
		});
	});

	it('is seen for longer than a reading that failed in between', () => {
		const failed: Sample = {...makeSample(10), results: {}};
		expect(findingsOf(noLeader, at(5, none), failed, at(20, none))[0]?.summary).toMatch(/seen for 15s/);
	});

	it('is one whose leader is stopped', () => {
		expect(findingsOf(noLeader, at(0, {members: [{...leader, state: 'stopped'}, replica]}))).toMatchObject([
			{summary: 'a, leader of cluster shop, is not running (stopped), seen just now.', leads: {identity: 'patroni a'}},
		]);
	});

	it('is reported by a member that cannot list the others, if it knows of none', () => {
		expect(findingsOf(noLeader, unlisted(0, false))).toEqual([]);
		expect(findingsOf(noLeader, unlisted(40, true))).toMatchObject([
			{
				summary: 'Cluster shop has no leader that its member http://10.0.0.1:8008 knows of, seen just now.',
				evidence:
					'Reported by http://10.0.0.1:8008, which cannot list the members. It last reached its configuration store 32s before.',
			},
		]);
	});

	it('is not claimed of a list that was cut', () => {
		expect(findingsOf(noLeader, at(0, {cluster: {members: 200}, members: [replica]}))).toEqual([]);
	});

	it('has a command that a shell reads as it is meant, whatever the names are', () => {
		const hostile = 'x; rm -rf ~';
		const [found] = findingsOf(noLeader, at(0, {cluster: {scope: hostile}, members: []}));
		expect(found?.copies).toBe('patronictl -c FILE list CLUSTER');
		const sequence = findingsOf(noLeader, at(0, {cluster: {scope: '\u001b]52;c;x\u0007'}, members: []}))[0];
		expect(sequence?.summary).not.toContain('\u001b');
	});
});

describe('a paused cluster', () => {
	it('is a warning with the command that ends it', () => {
		const paused = {cluster: {paused: true}};
		expect(findingsOf(patroniPaused, at(0), at(10, paused), at(190, paused))).toMatchObject([
			{
				severity: 'warning',
				summary: 'Cluster shop is paused, seen for 3m00: automatic failover is off.',
				copies: 'patronictl -c FILE resume shop',
			},
		]);
	});
});

describe('a replica on another timeline', () => {
	const stray = {members: [leader, {...replica, timeline: 1}]};

	it('is a warning after its time to follow', () => {
		expect(findingsOf(timelineDiffers, at(0, stray), at(25, stray))).toEqual([]);
		expect(findingsOf(timelineDiffers, at(0, stray), at(25, stray), at(45, stray))).toMatchObject([
			{
				severity: 'warning',
				summary: 'Replica b of cluster shop has been on timeline 1 for 45s; leader a is on 2.',
				copies: 'patronictl -c FILE reinit shop b',
				leads: {identity: 'patroni b'},
			},
		]);
	});

	it('is not counted while it does not run, or its timeline is unknown', () => {
		const off = {members: [leader, {...replica, timeline: 1, state: 'stopped'}, {...replica, name: 'c', timeline: null}]};
		expect(findingsOf(timelineDiffers, at(0, off), at(60, off))).toEqual([]);
	});

	it('is counted again after it followed', () => {
		expect(findingsOf(timelineDiffers, at(0, stray), at(30), at(40, stray), at(60, stray))).toEqual([]);
	});
});

describe('a second primary', () => {
	const here = answer(facts, {server_address: '10.0.0.2 port 5432'});
	const primary = answer(pulse, {in_recovery: false});

	it('is critical once it is more than the delay of a switchover', () => {
		const both = (seconds: number): Sample => at(seconds, {}, here, primary);
		expect(findingsOf(secondPrimary, both(0), both(5))).toEqual([]);
		expect(findingsOf(secondPrimary, both(0), both(5), both(12))).toMatchObject([
			{severity: 'critical', summary: 'This server, b, has been a primary for 12s while a leads cluster shop.'},
		]);
	});

	it('is not seen on a replica, on the leader, or on a server that is not a known member', () => {
		const seen = (...more: readonly QueryAnswer[]) => findingsOf(secondPrimary, at(0, {}, ...more), at(60, {}, ...more));
		expect(seen(here, answer(pulse, {in_recovery: true}))).toEqual([]);
		expect(seen(answer(facts, {server_address: '10.0.0.1 port 5432'}), primary)).toEqual([]);
		expect(seen(answer(facts, {server_address: '10.0.0.9 port 5432'}), primary)).toEqual([]);
	});
});

describe('what Patroni does not show', () => {
	it('is named if it is another cluster, whose troubles are not ours', () => {
		const other = at(0, {cluster: {paused: true, system_identifier: '1'}, members: []}, answer(facts, {system_identifier: '2'}));
		expect(all(other)).toEqual([]);
		expect(findingsOf(notRead(rules), other).map(({summary}) => summary)).toEqual([
			expect.stringMatching(
				/^Not read: Patroni\. http:\/\/10\.0\.0\.1:8008 manages another cluster: .* is 1, that of this server 2\./,
			),
		]);
	});

	it('is named if the list of members was cut', () => {
		const cut = at(0, {cluster: {members: 250}});
		expect(findingsOf(notRead(rules), cut).map(({summary}) => summary)).toEqual([
			expect.stringMatching(/^Not read: 150 of 250 Patroni members\./),
		]);
	});

	it('is named with its reason and the rules that need it', () => {
		expect(findingsOf(notRead(rules), unlisted(0, false))).toMatchObject([
			{
				summary: expect.stringMatching(/^Not read: Patroni members\. Patroni did not answer\./),
				evidence: expect.stringContaining('no-leader, second-primary, timeline-differs'),
				leads: {pane: 'replication'},
			},
		]);
	});
});
