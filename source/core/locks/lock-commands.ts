/** A lock mode as LOCK TABLE writes it. */
export type ModeName = keyof typeof modeOfName;

/** Modes of LOCK TABLE with their names in pg_locks, weakest first. */
export const modeOfName = {
	'ACCESS SHARE': 'AccessShareLock',
	'ROW SHARE': 'RowShareLock',
	'ROW EXCLUSIVE': 'RowExclusiveLock',
	'SHARE UPDATE EXCLUSIVE': 'ShareUpdateExclusiveLock',
	SHARE: 'ShareLock',
	'SHARE ROW EXCLUSIVE': 'ShareRowExclusiveLock',
	EXCLUSIVE: 'ExclusiveLock',
	'ACCESS EXCLUSIVE': 'AccessExclusiveLock',
} as const;

/** A relative of the table that a command locks too, by the part that the query `relation_locks` names. */
export type Relative = 'partition' | 'child' | 'index' | 'toast' | 'parent' | 'referenced' | 'referencing';

/** A command and the locks that it takes. */
export type LockCommand = {
	readonly name: string;
	/** Mode on the table itself. */
	readonly mode: ModeName;
	readonly relatives?: Readonly<Partial<Record<Relative, ModeName>>>;
	/**
	 * After its lock was granted it waits for transactions to end: those that hold a lock that conflicts with `lockers`, then, with
	 * `snapshots`, those of the database that hold an older snapshot.
	 */
	readonly waits?: {readonly lockers: ModeName; readonly snapshots?: true};
	/** What else the command locks, that its table does not tell. */
	readonly note?: string;
	/** Page of PostgreSQL's documentation that states the mode. */
	readonly source: string;
};

const everything = (mode: ModeName) => ({partition: mode, child: mode, index: mode, toast: mode}) as const;
const descendants = (mode: ModeName) => ({partition: mode, child: mode}) as const;
const explicit = 'Explicit Locking';

/** Commands by the name that a person gives; the modes are those of the pages, the relatives were read from pg_locks. */
export const lockCommands: readonly LockCommand[] = [
	{name: 'select', mode: 'ACCESS SHARE', relatives: {...descendants('ACCESS SHARE'), index: 'ACCESS SHARE'}, source: explicit},
	{
		name: 'select for update',
		mode: 'ROW SHARE',
		relatives: {...descendants('ROW SHARE'), index: 'ROW SHARE'},
		source: explicit,
	},
	{name: 'insert', mode: 'ROW EXCLUSIVE', relatives: {index: 'ROW EXCLUSIVE'}, source: explicit},
	{name: 'update', mode: 'ROW EXCLUSIVE', relatives: {...descendants('ROW EXCLUSIVE'), index: 'ROW EXCLUSIVE'}, source: explicit},
	{name: 'delete', mode: 'ROW EXCLUSIVE', relatives: {...descendants('ROW EXCLUSIVE'), index: 'ROW EXCLUSIVE'}, source: explicit},
	{name: 'vacuum', mode: 'SHARE UPDATE EXCLUSIVE', relatives: {toast: 'SHARE UPDATE EXCLUSIVE'}, source: 'VACUUM'},
	{
		name: 'vacuum full',
		mode: 'ACCESS EXCLUSIVE',
		relatives: {index: 'ACCESS EXCLUSIVE', toast: 'ACCESS EXCLUSIVE'},
		source: 'VACUUM',
	},
	{name: 'analyze', mode: 'SHARE UPDATE EXCLUSIVE', source: explicit},
	{
		name: 'cluster',
		mode: 'ACCESS EXCLUSIVE',
		relatives: {index: 'ACCESS EXCLUSIVE', toast: 'ACCESS EXCLUSIVE'},
		source: 'CLUSTER',
	},
	{name: 'truncate', mode: 'ACCESS EXCLUSIVE', relatives: everything('ACCESS EXCLUSIVE'), source: 'TRUNCATE'},
	{
		name: 'truncate cascade',
		mode: 'ACCESS EXCLUSIVE',
		relatives: {...everything('ACCESS EXCLUSIVE'), referencing: 'ACCESS EXCLUSIVE'},
		source: 'TRUNCATE',
	},
	{
		name: 'drop table',
		mode: 'ACCESS EXCLUSIVE',
		relatives: {
			partition: 'ACCESS EXCLUSIVE',
			index: 'ACCESS EXCLUSIVE',
			toast: 'ACCESS EXCLUSIVE',
			parent: 'ACCESS EXCLUSIVE',
			referenced: 'ACCESS EXCLUSIVE',
		},
		source: 'DROP TABLE',
	},
	{
		name: 'drop table cascade',
		mode: 'ACCESS EXCLUSIVE',
		relatives: {
			...everything('ACCESS EXCLUSIVE'),
			parent: 'ACCESS EXCLUSIVE',
			referenced: 'ACCESS EXCLUSIVE',
			referencing: 'ACCESS EXCLUSIVE',
		},
		source: 'DROP TABLE',
	},
	{name: 'create index', mode: 'SHARE', relatives: {partition: 'SHARE'}, source: 'CREATE INDEX'},
	{
		name: 'create index concurrently',
		mode: 'SHARE UPDATE EXCLUSIVE',
		waits: {lockers: 'SHARE', snapshots: true},
		source: 'CREATE INDEX',
	},
	{name: 'drop index', mode: 'ACCESS EXCLUSIVE', relatives: {index: 'ACCESS EXCLUSIVE'}, source: 'DROP INDEX'},
	{
		name: 'drop index concurrently',
		mode: 'SHARE UPDATE EXCLUSIVE',
		relatives: {index: 'SHARE UPDATE EXCLUSIVE'},
		waits: {lockers: 'ACCESS EXCLUSIVE'},
		source: 'DROP INDEX',
	},
	{name: 'reindex', mode: 'SHARE', relatives: {index: 'ACCESS EXCLUSIVE', toast: 'SHARE'}, source: 'REINDEX'},
	{
		name: 'reindex concurrently',
		mode: 'SHARE UPDATE EXCLUSIVE',
		relatives: {index: 'SHARE UPDATE EXCLUSIVE'},
		waits: {lockers: 'ACCESS EXCLUSIVE', snapshots: true},
		source: 'REINDEX',
	},
	{name: 'refresh materialized view', mode: 'ACCESS EXCLUSIVE', relatives: {index: 'ACCESS EXCLUSIVE'}, source: explicit},
	{name: 'refresh materialized view concurrently', mode: 'EXCLUSIVE', source: explicit},
	{name: 'create trigger', mode: 'SHARE ROW EXCLUSIVE', relatives: {partition: 'SHARE ROW EXCLUSIVE'}, source: explicit},
	{name: 'drop trigger', mode: 'ACCESS EXCLUSIVE', source: explicit},
	{name: 'create policy', mode: 'ACCESS EXCLUSIVE', source: explicit},
	{name: 'create rule', mode: 'ACCESS EXCLUSIVE', source: explicit},
	{name: 'create statistics', mode: 'SHARE UPDATE EXCLUSIVE', source: explicit},
	{name: 'comment', mode: 'SHARE UPDATE EXCLUSIVE', source: explicit},
	{name: 'alter table', mode: 'ACCESS EXCLUSIVE', relatives: descendants('ACCESS EXCLUSIVE'), source: 'ALTER TABLE'},
	{
		name: 'alter table validate constraint',
		mode: 'SHARE UPDATE EXCLUSIVE',
		relatives: {...descendants('SHARE UPDATE EXCLUSIVE'), referenced: 'ROW SHARE'},
		source: 'ALTER TABLE',
	},
	{
		name: 'alter table add foreign key',
		mode: 'SHARE ROW EXCLUSIVE',
		relatives: {partition: 'SHARE ROW EXCLUSIVE'},
		note: 'The referenced table takes the same lock: check it too.',
		source: 'ALTER TABLE',
	},
	{
		name: 'alter table set statistics',
		mode: 'SHARE UPDATE EXCLUSIVE',
		relatives: descendants('SHARE UPDATE EXCLUSIVE'),
		source: 'ALTER TABLE',
	},
	{name: 'alter table set parameter', mode: 'SHARE UPDATE EXCLUSIVE', source: 'ALTER TABLE'},
	{name: 'alter table enable trigger', mode: 'SHARE ROW EXCLUSIVE', source: 'ALTER TABLE'},
	{name: 'alter table disable trigger', mode: 'SHARE ROW EXCLUSIVE', source: 'ALTER TABLE'},
	{
		name: 'alter table attach partition',
		mode: 'SHARE UPDATE EXCLUSIVE',
		note: 'The new partition takes ACCESS EXCLUSIVE: check it too.',
		source: 'ALTER TABLE',
	},
	{
		name: 'alter table detach partition',
		mode: 'ACCESS EXCLUSIVE',
		note: 'The partition takes ACCESS EXCLUSIVE from 14 on: check it too.',
		source: 'ALTER TABLE',
	},
	{
		name: 'alter table detach partition concurrently',
		mode: 'SHARE UPDATE EXCLUSIVE',
		waits: {lockers: 'ACCESS EXCLUSIVE'},
		source: 'ALTER TABLE',
	},
];

/** LOCK TABLE in a mode, which takes all descendants as well. */
export const lockTableIn = (mode: ModeName): LockCommand => ({
	name: `lock table in ${mode.toLowerCase()} mode`,
	mode,
	relatives: descendants(mode),
	source: 'LOCK',
});
