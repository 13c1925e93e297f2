/** Filter language by example, for the help screen, --help and the README. */
export const filterHelp: readonly (readonly [string, string])[] = [
	['state=active', 'Equal, whatever the case; * stands for anything; a,b for one of several.'],
	['app!=cron', 'Not equal; unknown counts as not equal.'],
	['age>5m', 'Durations, sizes (10MB) and numbers compare with > >= < <=.'],
	['query~^update', 'A regular expression matches; !~ does not.'],
	['wait_event=null', 'Unknown.'],
	['billing', 'A bare word: anywhere in the row. "Two words" in quotes.'],
	['!billing', 'Not: turns any term round. All terms must hold.'],
];
