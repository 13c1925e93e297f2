/** Names for `--scenario` in the order of the incidents, without the code that plays them. */
export const scenarios = [
	'lock-chain',
	'ddl-queue',
	'runaway-query',
	'xmin-slot',
	'xmin-prepared',
	'xmin-standby',
	'slot-fills-disk',
	'connections-exhausted',
	'replication-lag',
	'sync-stalled',
	'wraparound-near',
	'statement-herd',
	'idle-crowd',
	'rollbacks-high',
	'wal-flood',
	'deadlock',
	'temp-files',
] as const;

export type Scenario = (typeof scenarios)[number];
