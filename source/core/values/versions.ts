/** Major versions of PostgreSQL that the queries were written for. */
export const [oldestMajor, newestMajor] = [13, 19] as const;

/** Major version of a server, from its `server_version_num`. */
export const majorOf = (version: number): number => Math.floor(version / 10_000);

/** True for a server newer than the queries, which are asked as on the newest version they know. */
export const isNewer = (version: number): boolean => majorOf(version) > newestMajor;
