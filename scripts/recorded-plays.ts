import type {Connect} from '../source/demo/connect.ts';
import {proceed, stage} from '../source/demo/incidents/cast.ts';

/** Puts something on a server that is worth a recording; resolves when the server shows it. */
export type Play = (connect: Connect) => Promise<void>;

/** A payout that was prepared and never committed, with a writer and a reader of its rows behind it. */
export const preparedTransaction: Play = async connect => {
	await stage(connect, async cast => {
		const forgotten = await connect({applicationName: 'payout', user: 'shop'});
		await forgotten.query('begin');
		await forgotten.query('update accounts set balance = balance - 900 where id = 12');
		await forgotten.query("prepare transaction 'payout-2291'");
		await forgotten.end();
		const writer = await cast.join('writer', 'refund-worker');
		const migration = await cast.join('migration', 'migration');
		const reader = await cast.join('reader', 'api');
		for (const waiter of [writer, migration]) await waiter.client.query('begin');
		proceed(writer, 'update accounts set balance = balance + 900 where id = 12');
		await cast.shows(writer, 'active', 'balance + 900');
		proceed(migration, 'lock table accounts in access exclusive mode');
		await cast.blocked(migration, writer);
		proceed(reader, 'select owner, balance from accounts where id = 12');
		await cast.blocked(reader, migration);
	});
};

const esc = '\u001b';

/** Sessions whose names and statements try to move the cursor, set titles, turn text round and hide in it. */
export const hostileText: Play = async connect => {
	const role = `root${esc}[31m\u202etsoh\u202c`;
	const database = `shop\u200b${esc}]0;pwned\u0007`;
	const admin = await connect();
	await admin.query(`create role "${role}" login`);
	await admin.query(`grant shop to "${role}"`);
	await admin.query(`create database "${database}"`);
	await admin.end();
	await stage(connect, async cast => {
		const holder = await cast.join('holder', 'checkout', role);
		await holder.client.query('begin');
		await holder.client.query(
			`update accounts set owner = 'Ωmega 漢字テスト 한국어 👩‍👩‍👧 ñ e\u0301' where id = 21 /*\u202e ;egatnoc\u202c${esc}[2J${esc}[H\u009b31m*/`,
		);
		const waiter = await cast.join('waiter', 'api', role);
		proceed(
			waiter,
			`update accounts\r\n\tset owner = '\u2066a\u2069\u200d\u{e0041}${esc}]52;c;aGk=\u0007' where id = 21 -- \u0085\u2028`,
		);
		await cast.blocked(waiter, holder);
		const wide = await cast.join('wide', `=cmd|' /C calc'!A0`);
		wide.client.query(`select '${'漢字'.repeat(60)}' as "テスト", pg_sleep(86400)`).catch(() => {});
		await cast.shows(wide, 'active', 'pg_sleep');
	});
	const elsewhere = await connect({database, user: role, applicationName: `tab\tname${esc}[5m`});
	elsewhere.query('select pg_sleep(86400) -- \u0001').catch(() => {});
};
