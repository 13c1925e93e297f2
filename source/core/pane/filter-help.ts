/** The filter language by example, as the help of the screen and of the command line and the README show it. */
export const filterHelp: readonly (readonly [string, string])[] = [
	['state=active', 'Equal, whatever the case; * stands for anything; a,b for one of several.'],
	['app!=cron', 'Not equal; unknown counts as not equal.'],
	['age>5m', 'Durations, sizes (10MB) and numbers compare with > >= < <=.'],
	['query~^update', 'A regular expression matches; !~ does not.'],
	['wait_event=null', 'Unknown.'],
	['billing', 'A bare word: anywhere in the row. "Two words" in quotes.'],
	['!billing', 'Not: turns any term round. All terms must hold.'],
];
