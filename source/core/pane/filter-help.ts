/** Filter language by example, for the help screen, --help and the README. */
export const filterHelp: readonly (readonly [string, string])[] = [
	['state=active', 'Equal, ignoring case; * matches anything; a,b matches either.'],
	['app!=cron', 'Not equal; unknown counts as not equal.'],
	['age>5m', 'Compares durations, sizes (10MB) and numbers: > >= < <=.'],
	['query~^update', 'Matches a regular expression; !~ does not match it.'],
	['wait_event=null', 'Unknown.'],
	['billing', 'A bare word: anywhere in the row. Quote "two words".'],
	['!billing', 'Negates a term. All terms must match.'],
];
