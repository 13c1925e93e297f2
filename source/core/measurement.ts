/** A table that is measured exactly: its oid, its name as people know it, and the schema of pgstattuple as SQL needs it. */
export type Measurement = {readonly relid: number; readonly name: string; readonly schema: string};
