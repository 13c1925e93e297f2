import {expect, it} from 'vitest';
import {answered, question} from './answer.ts';
import {settled} from './polled.ts';
import {type Screen, start, type Wanted} from './screen.ts';

type Story = {
	readonly scenario: string;
	/** Text of the header before any key. */
	readonly names: RegExp;
	/** At most three keys, and the text that the last one brings. */
	readonly keys: readonly string[];
	readonly brings: Wanted;
};

const stories: readonly (readonly [sentence: string, story: Story])[] = [
	[
		'a lock pile-up is ended at its root',
		{
			scenario: 'lock-chain',
			names: /(?:critical|warning): \d+ \(shop@shop, checkout\) blocks \d+ sessions/,
			keys: ['0', 'K', 'y'],
			brings: /\d+ \(shop@shop\) is gone, seen after .*, \d+ waiters unblocked/,
		},
	],
	[
		'DDL that waits behind an idle transaction gets its table',
		{
			scenario: 'ddl-queue',
			names: /: \d+ \(shop@shop, nightly-export\), idle in transaction for .*, blocks \d+ \(alter table/,
			keys: ['0', 'K', 'y'],
			brings: /\d+ \(shop@shop\) is gone, seen after .*, \d+ waiters unblocked/,
		},
	],
	[
		'a runaway query is cancelled',
		{
			scenario: 'runaway-query',
			names: /: \d+ \(reporting@shop, weekly-report\) has been running /,
			keys: ['0', 'C', 'y'],
			brings: /\d+ \(reporting@shop\) stopped running that statement, seen after/,
		},
	],
	[
		'a forgotten slot that holds xmin back can be dropped',
		{
			scenario: 'xmin-slot',
			names: /: Inactive physical slot standby_berlin(?:, unused for .+,)? holds xmin back by/,
			keys: ['0'],
			brings: "pg_drop_replication_slot('standby_berlin')",
		},
	],
	[
		'a forgotten prepared transaction that holds xmin back can be rolled back',
		{
			scenario: 'xmin-prepared',
			names: /: Prepared transaction 'payout-2291' in shop.* holds xmin back by/,
			keys: ['0', 'f9'],
			brings: 'ROLLBACK PREPARED',
		},
	],
	[
		"a standby's feedback that holds xmin back leads to its standby",
		{
			scenario: 'xmin-standby',
			names: /: Standby berlin behind walsender \d+ holds xmin back by/,
			keys: ['0'],
			brings: /On the standby/,
		},
	],
	[
		'a slot that fills the disk says when, and how to be dropped',
		{
			scenario: 'slot-fills-disk',
			names: /: Unused physical slot warehouse_feed retains .* of WAL/,
			keys: ['0'],
			brings: /drop the slot: F9\./,
		},
	],
	[
		'exhausted connections are listed by whose they are',
		{
			scenario: 'connections-exhausted',
			names: /: \d+ of 40 connections in use; mobile-api has \d+/,
			keys: ['0', 'b'],
			brings: /filter: app="mobile-api" state=idle/,
		},
	],
	[
		'a standby that lags says what holds its replay',
		{
			scenario: 'replication-lag',
			names: /: berlin is .* behind and its replay is stuck/,
			keys: ['0'],
			brings: 'pg_wal_replay_resume()',
		},
	],
	[
		'a wraparound that is near names what keeps autovacuum from freezing',
		{
			scenario: 'wraparound-near',
			names: /critical: \S+ XIDs left before shutdown \(shop \+\d+\).*: slot standby_berlin holds xmin/,
			keys: ['0'],
			brings: "pg_drop_replication_slot('standby_berlin')",
		},
	],
];

const press = async (screen: Screen, key: string): Promise<void> => {
	if (key === 'y') {
		await screen.until(question);
		await answered(screen, key);
		return;
	}
	const before = screen.text();
	screen.press(key);
	await screen.until(text => text !== before);
	await settled();
};

it.for(stories)('%s', async ([, {scenario, names, keys, brings}], {annotate}) => {
	expect(keys.length).toBeLessThanOrEqual(3);
	const screen = start(['demo', '--scenario', scenario], {columns: 180, rows: 40});
	await screen.until(/sessions \d+\//);
	const launched = performance.now();
	await screen.until(names);
	const named = performance.now();
	for (const key of keys) await press(screen, key);
	await screen.until(brings);
	const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
	await annotate(
		`${scenario}: named after ${seconds(named - launched)}, ${keys.join(' ')} took ${seconds(performance.now() - named)}`,
	);
	screen.press('ctrl-c');
	expect(await screen.exited).toBe(0);
});
