/** What `--scenario` takes, in the order of the incidents: the command line knows their names without all that plays them. */
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
] as const;

export type Scenario = (typeof scenarios)[number];
