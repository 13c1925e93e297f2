import {inMarkdown} from '../core/text/markdown.ts';
import {table} from './markdown-table.ts';
import type {ReportedSettings} from './report.ts';

type Setting = Extract<ReportedSettings, {ok: true}>['rows'][number];

const noteOf = ({pending_restart, file_setting, before, error}: Setting): string =>
	[
		...(error === null ? [] : [`wrong in the file: ${error}`]),
		...(pending_restart ? [`waits for a restart${file_setting === null ? '' : `: ${file_setting} in the file`}`] : []),
		...(before === null ? [] : [`changed in this time, ${before} before`]),
	].join('; ');

/** The settings that tell something of what happened, and the names of the others that are not as built in. */
export const settingsSection = (settings: ReportedSettings): readonly string[] => {
	if (!settings.ok) return [inMarkdown(settings.why)];
	const {rows, no_limits} = settings;
	const changed = rows.filter(row => row.setting !== row.boot_val || noteOf(row) !== '');
	const told = changed.filter(row => row.matters || noteOf(row) !== '');
	const others = changed.filter(row => !told.includes(row));
	return [
		...(told.length === 0
			? ['All that bears on safety or performance is as it was built in.']
			: table(
					['Setting', 'Value', 'Built in', 'From', ''],
					told.map(row => [row.name, row.setting, row.boot_val ?? '', row.source ?? '', noteOf(row)].map(inMarkdown)),
				)),
		...(no_limits.length === 0 ? [] : ['', `Without a limit: ${no_limits.map(inMarkdown).join(', ')}.`]),
		...(others.length === 0 ? [] : ['', `Also not as built in: ${others.map(({name}) => inMarkdown(name)).join(', ')}.`]),
	];
};
