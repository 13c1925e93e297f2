/**
 * A table to measure exactly: its oid, its display name, the schema of pgstattuple quoted for SQL, and whether a measurement is
 * running.
 */
export type Measurement = {
	readonly relid: number;
	readonly name: string;
	readonly schema: string;
	readonly running: boolean;
};
