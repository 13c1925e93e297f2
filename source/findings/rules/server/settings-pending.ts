import {clean} from '../../../core/text/clean.ts';
import {rowsOf} from '../../../panes/reading/reading.ts';
import {type SettingRow, settingIdentity, settingRows, withUnit} from '../../../panes/reading/settings.ts';
import {configFiles, settings} from '../../../queries/settings.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule, type Found} from '../../rule.ts';

/** What the configuration files say and the server does not do: settings that wait for a restart, lines that are wrong. */
export const settingsPending = defineRule({
	id: 'settings-pending',
	help: 'Settings that wait for a restart, and lines of the configuration files that the server cannot use.',
	queries: [settings, configFiles],
	find: oncePerAnswers([settings, configFiles], sample => {
		// The command line goes before the file: what the file says of that is neither applied nor a mistake.
		const given = new Set(rowsOf(sample, settings).flatMap(({name, source}) => (source === 'command line' ? [name] : [])));
		const rows = settingRows(sample).filter(({name}) => !given.has(name));
		return [
			...fileErrors(rows.filter(({error}) => error !== null)),
			...pendingRestarts(rows.filter(({error, pending_restart}) => error === null && pending_restart === true)),
		];
	}),
});

const settingRef = (row: SettingRow) => ({pane: 'settings', identity: settingIdentity(row)});

const andMore = (count: number): string => (count === 0 ? '' : ` and ${count} more`);

const fileErrors = ([first, ...others]: readonly SettingRow[]): readonly Found[] => {
	if (!first) return [];
	const file = first.sourcefile?.split('/').at(-1) ?? 'a configuration file';
	return [
		{
			subject: 'files',
			severity: 'warning',
			weight: others.length + 1,
			summary: clean(
				`${file}, line ${first.sourceline ?? '?'}${andMore(others.length)}: ${(first.error ?? '').replace(/[.]$/, '')}.`,
			),
			evidence: 'A restart might fail on it, and a reload leaves it out.',
			pid: null,
			leads: settingRef(first),
			action: 'Mend the file, then F9 offers to reload it.',
		},
	];
};

const pendingRestarts = ([first, ...others]: readonly SettingRow[]): readonly Found[] => {
	if (!first) return [];
	const value =
		first.file_setting === null ? '' : ` (${withUnit(first.setting ?? '', first.unit)} now, ${first.file_setting} in the file)`;
	return [
		{
			subject: 'restart',
			severity: 'notice',
			weight: others.length + 1,
			summary: clean(`${first.name}${andMore(others.length)} wait${others.length === 0 ? 's' : ''} for a restart of the server.`),
			evidence: clean(`The file says otherwise than the server does${value}.`),
			pid: null,
			leads: settingRef(first),
			action: 'A restart applies what the file says.',
		},
	];
};
