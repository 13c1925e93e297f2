import {type Column, text} from '../../core/pane/column.ts';
import type {Tone} from '../../core/text/line.ts';

/** Identity of a session. */
type Who = {readonly datname: string | null; readonly usename: string | null; readonly application_name: string | null};

/** Columns of a session's identity, with the `keep` of each in its pane and the tone of a row. */
export const whoColumns = <R extends Who>(
	keep: Readonly<Record<keyof Who, number>>,
	tone: (row: R) => Tone,
): readonly Column<R>[] => [
	text('datname', 'Database it is connected to.', row => row.datname, {
		title: 'DATABASE',
		brief: 'DB',
		aliases: ['database', 'db'],
		keep: keep.datname,
		width: {min: 6, max: 14},
		tone: (_, row) => tone(row),
	}),
	text('usename', 'Login role.', row => row.usename, {
		title: 'USER',
		aliases: ['user', 'role'],
		keep: keep.usename,
		width: {min: 6, max: 14},
		tone: (_, row) => tone(row),
	}),
	text('application_name', 'Application name.', row => row.application_name, {
		title: 'APPLICATION',
		brief: 'APP',
		aliases: ['app', 'application'],
		keep: keep.application_name,
		width: {min: 9, max: 18},
		tone: (_, row) => tone(row),
	}),
];
