/** What PostgreSQL shows instead of a statement that the connected role may not see, in pg_stat_activity and pg_stat_statements. */
export const hiddenText = '<insufficient privilege>';
