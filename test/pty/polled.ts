import type {Client} from 'pg';
import {expect} from 'vitest';
import {settleMs} from '../../source/core/actions/flow/confirm.ts';

/** A question takes no key in its first moment: this is that moment and no waiting for content. */
export const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, settleMs + 100));

/** Resolves when the monitor has read the sessions twice more: what it would show or do by itself it has had time for. */
export const polled = async (admin: Client): Promise<void> => {
	for (let times = 0; times < 2; times++) {
		const read = async (): Promise<unknown> => {
			const {rows} = await admin.query(`select max(query_start)::text as read from pg_stat_activity
				where application_name = 'pgtriage' and query like '%pgtriage:sessions%'`);
			return rows[0].read;
		};
		const before = await read();
		await expect.poll(read).not.toBe(before);
	}
};
