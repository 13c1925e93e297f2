/**
 * A table that is measured exactly: its oid, its name as people know it, the schema of pgstattuple as SQL needs it, and whether it
 * is being measured already.
 */
export type Measurement = {
	readonly relid: number;
	readonly name: string;
	readonly schema: string;
	readonly running: boolean;
};
