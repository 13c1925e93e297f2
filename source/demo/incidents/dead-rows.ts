import type {Connect} from '../connect.ts';
import {type Cast, runInTurn} from './cast.ts';
import type {ServerSettings} from './incident.ts';

/** Settings that run autovacuum every second without delays, so that its futile runs show quickly. */
export const eagerAutovacuum: ServerSettings = {
	autovacuum_naptime: '1s',
	autovacuum_vacuum_cost_delay: '0',
	autovacuum_analyze_scale_factor: '0.5',
};

/** Segment of pg_xact, of a million transactions each, that a busy server reaches within hours. */
export const laterSegment = 3;

const skus = 2000;

const makeStock = `
create table stock (sku integer primary key, quantity integer not null, counted_at timestamptz not null);
insert into stock select n, 100, now() from generate_series(1, ${skus}) n;
`;

const recount = 'update stock set quantity = quantity % 100 + 1, counted_at = now()';

const someSkus = 50;

const recountSome = (turn: number): string => {
	const first = 1 + ((turn * someSkus) % skus);
	return `${recount} where sku between ${first} and ${first + someSkus - 1}`;
};

// Many dead rows at once, then a rate that a disk can take for a day.
function* statements(): Generator<string> {
	for (let turn = 0; turn < 10; turn++) yield recount;
	for (let turn = 0; ; turn++) yield recountSome(turn);
}

/** Updates the table `stock` in a session, part `writer`, until it ends; resolves when its dead rows exceed the threshold of autovacuum. */
export const leaveDeadRows = async (connect: Connect, cast: Cast): Promise<void> => {
	const owner = await connect({applicationName: 'stock-setup'});
	await owner.query(makeStock);
	await owner.query('alter table stock owner to shop');
	await owner.end();
	const writer = await cast.join('writer', 'stock-sync');
	runInTurn(writer, statements(), 100);
	await cast.holds(
		'stock has dead rows',
		"select pg_catalog.pg_stat_get_dead_tuples('public.stock'::pg_catalog.regclass) > 5000 as holds",
	);
};
