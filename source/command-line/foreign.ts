/** An option of another program: its spellings, the program, and what to do here instead. */
export type ForeignOption = {
	readonly written: readonly string[];
	readonly program: string;
	/** Value that it takes there, as an example; undefined if it takes none. */
	readonly example?: string;
	/** A sentence; `{value}` is the value. */
	readonly instead: string;
};

const named = 'Not needed: what a server or a role cannot read is left out and named.';

/** Options of pg_activity, psql, pgcenter and top that do not exist here, in the order of the documentation. */
export const foreignOptions: readonly ForeignOption[] = [
	{written: ['--refresh'], program: 'pg_activity', example: '2', instead: 'Use --interval {value}s.'},
	{written: ['--duration-mode'], program: 'pg_activity', example: '2', instead: 'Press T: query, transaction or state.'},
	{written: ['--wrap-query'], program: 'pg_activity', instead: 'Press v to wrap statements.'},
	{written: ['--rds'], program: 'pg_activity', instead: named},
	{
		written: ['--no-db-size', '--db-size'],
		program: 'pg_activity',
		instead: 'Sizes are read only in the pane databases: --pane databases.',
	},
	{written: ['--no-tempfiles', '--tempfiles'], program: 'pg_activity', instead: named},
	{written: ['--no-walreceiver', '--walreceiver'], program: 'pg_activity', instead: named},
	{written: ['--profile'], program: 'pg_activity', example: 'narrow', instead: 'Use --config FILE.'},
	{written: ['-P'], program: 'pg_activity and psql', example: 'narrow', instead: 'Use --config FILE.'},
	{
		written: ['pid', 'database', 'user', 'client', 'cpu', 'mem', 'read', 'write', 'time', 'wait', 'app-name'].map(
			name => `--no-${name}`,
		),
		program: 'pg_activity',
		instead: 'Columns without information give their room away; Left and Right scroll the others.',
	},
	{
		written: ['--no-inst-info', '--no-sys-info', '--no-proc-info'],
		program: 'pg_activity',
		instead: 'Press o to hide rates in the header.',
	},
	{
		written: ['--hide-queries-in-logs'],
		program: 'pg_activity',
		instead: 'Not available: pgtriage leaves the logging of the server as it is.',
	},
	{
		written: ['--debug-file'],
		program: 'pg_activity',
		example: 'debug.log',
		instead: 'Use --record FILE: a recording holds what was read.',
	},
	{
		written: ['--blocksize'],
		program: 'pg_activity',
		example: '4096',
		instead: 'Not needed: the server reports sizes in bytes.',
	},
	{written: ['-l', '--list'], program: 'psql', instead: 'Use --pane databases, or psql -l.'},
	{written: ['-c', '--command'], program: 'psql', example: 'select 1', instead: 'pgtriage runs no SQL for you; use psql.'},
	{written: ['-f', '--file'], program: 'psql', example: 'file.sql', instead: 'pgtriage runs no SQL for you; use psql.'},
	{written: ['-A', '--no-align', '-t', '--tuples-only', '--csv'], program: 'psql', instead: 'Use --once --format csv.'},
	{written: ['-x', '--expanded'], program: 'psql', instead: 'Press Enter on a row, or use --once --format json.'},
	{written: ['-H', '--html'], program: 'psql', instead: 'Use report FILE --format html.'},
	{written: ['-o'], program: 'psql', example: 'out.txt', instead: 'Use --once > {value}.'},
	{written: ['-X', '--no-psqlrc'], program: 'psql', instead: 'Use --config none.'},
	{
		written: ['-L', '--log-file'],
		program: 'psql',
		example: 'out.log',
		instead: 'Use --record FILE, or --audit FILE for actions.',
	},
	{written: ['-i'], program: 'pgcenter', example: '2', instead: 'Use --interval {value}s.'},
	{written: ['-b', '--batch', '--batch-mode'], program: 'top', instead: 'Use --once --format text.'},
	{written: ['-n', '--iterations'], program: 'top', example: '1', instead: 'Use --once, or record FILE to go on.'},
	{written: ['-s', '--delay'], program: 'top', example: '2', instead: 'Use --interval {value}s.'},
	{written: ['-u'], program: 'top', example: 'app', instead: 'Use --user {value}.'},
];

/** What to do instead of an option of another program; undefined if it is not in the table. */
export const insteadOf = (written: string, value: string | undefined): string | undefined => {
	const option = foreignOptions.find(({written: names}) => names.includes(written));
	const given = value === undefined || value.startsWith('-') ? option?.example : value;
	return option?.instead.replace('{value}', given ?? '');
};
