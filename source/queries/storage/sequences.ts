import {bool, defineQuery, float, int, nullable, type RowOf, textField} from '../../core/sample/query.ts';

/** Sequences whose last value is read: each is locked for the length of the query, so the lock table bounds them. */
export const mostSequences = 500;

/**
 * Sequences of our database that can end: not those of bigint, which last for ever, nor those that cycle. The limit is that of the
 * sequence or of the integer column that it fills, whichever comes first. If there are more than 500, those of the
 * tables with most inserts are read.
 */
export const sequences = defineQuery({
	name: 'sequences',
	deadlineMs: 5000,
	everyMs: 300_000,
	named: 1,
	fields: {
		relid: int,
		sequence: textField,
		/** Table and column that it fills; null if no column is known. */
		relation: nullable(textField),
		attname: nullable(textField),
		data_type: nullable(textField),
		/** True if our role may read its last value. */
		readable: bool,
		/** Null before the first value, if it is not readable, and for an unlogged one on a standby. */
		last_value: nullable(float),
		/** Last value of the sequence, or of the column. */
		end_value: float,
		start_value: float,
		increment: float,
		/** Number of sequences that can end, read or not. */
		candidates: int,
	},
	ladder: [
		{
			since: 130_000,
			sql: `
select
	q.relid,
	q.sequence,
	q.relation,
	q.attname,
	q.data_type,
	q.readable,
	case when q.readable and q.is_stored then pg_catalog.pg_sequence_last_value(q.relid) end::pg_catalog.float8 as last_value,
	q.end_value,
	q.start_value,
	q.increment,
	q.candidates
from (
	select
		s.seqrelid as relid,
		pg_catalog.concat(n.nspname, '.', c.relname) as sequence,
		pg_catalog.concat(u.nspname, '.', u.relname) as relation,
		u.attname::pg_catalog.text as attname,
		pg_catalog.format_type(u.atttypid, null) as data_type,
		pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT,USAGE') as readable,
		c.relpersistence operator(pg_catalog.<>) 'u' or not pg_catalog.pg_is_in_recovery() as is_stored,
		e.end_value::pg_catalog.float8 as end_value,
		s.seqstart::pg_catalog.float8 as start_value,
		s.seqincrement::pg_catalog.float8 as increment,
		(pg_catalog.count(*) over ())::pg_catalog.int4 as candidates
	from pg_catalog.pg_sequence as s
	join pg_catalog.pg_class as c on c.oid operator(pg_catalog.=) s.seqrelid
	join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) c.relnamespace
	left join lateral (
		select
			tn.nspname,
			t.relname,
			t.oid,
			a.attname,
			a.atttypid
		from (
			select d.refobjid as relid, d.refobjsubid as attnum
			from pg_catalog.pg_depend as d
			where d.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
				and d.objid operator(pg_catalog.=) s.seqrelid
				and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
				and d.refobjsubid operator(pg_catalog.>) 0
			union
			select f.adrelid, f.adnum::pg_catalog.int4
			from pg_catalog.pg_depend as d
			join pg_catalog.pg_attrdef as f on f.oid operator(pg_catalog.=) d.objid
			where d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
				and d.refobjid operator(pg_catalog.=) s.seqrelid
				and d.classid operator(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass
		) as p
		join pg_catalog.pg_attribute as a on a.attrelid operator(pg_catalog.=) p.relid
			and a.attnum operator(pg_catalog.=) p.attnum
		join pg_catalog.pg_class as t on t.oid operator(pg_catalog.=) p.relid
		join pg_catalog.pg_namespace as tn on tn.oid operator(pg_catalog.=) t.relnamespace
		order by case a.atttypid when 21 then 1 when 23 then 2 else 3 end, t.oid
		limit 1
	) as u on true
	cross join lateral (
		select case when s.seqincrement operator(pg_catalog.>) 0
			then least(s.seqmax, case u.atttypid when 21 then 32767 when 23 then 2147483647 else s.seqmax end)
			else greatest(s.seqmin, case u.atttypid when 21 then -32768 when 23 then -2147483648 else s.seqmin end)
		end as end_value
	) as e
	where not s.seqcycle
		and c.relpersistence operator(pg_catalog.<>) 't'
		and pg_catalog.abs((e.end_value::pg_catalog.float8 operator(pg_catalog.-) s.seqstart::pg_catalog.float8)
			operator(pg_catalog./) s.seqincrement::pg_catalog.float8) operator(pg_catalog.<) 9e15
		and not exists (
			select
			from pg_catalog.pg_locks as l
			where l.locktype operator(pg_catalog.=) 'relation'
				and l.relation operator(pg_catalog.=) s.seqrelid
				and l.mode operator(pg_catalog.=) any (
					array['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
				)
		)
	order by pg_catalog.pg_stat_get_tuples_inserted(u.oid) desc nulls last, s.seqrelid
	limit ${mostSequences}
) as q
`,
		},
	],
});

/** One sequence that can end. */
export type Sequence = RowOf<typeof sequences>;
