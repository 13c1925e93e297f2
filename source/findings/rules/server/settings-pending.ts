import {clean} from '../../../core/text/clean.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {type SettingRow, settingIdentity, settingRows, withUnit} from '../../../panes/reading/settings.ts';
import {configFiles, settings} from '../../../queries/server/settings.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule, type Found} from '../../rule.ts';

/** Configuration that the server does not apply: settings that wait for a restart, lines with errors. */
export const settingsPending = defineRule({
	id: 'settings-pending',
	help: 'Settings waiting for a restart, and lines of the configuration files that the server cannot use.',
	queries: [settings, configFiles],
	find: oncePerAnswers([settings, configFiles], sample => {
		// The command line overrides the files: their value of such a setting is neither pending nor an error.
		const overridden = new Set(rowsOf(sample, settings).flatMap(({name, source}) => (source === 'command line' ? [name] : [])));
		const rows = settingRows(sample).filter(({name}) => !overridden.has(name));
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
			evidence: 'A reload ignores it, and a restart may fail on it.',
			pid: null,
			leads: settingRef(first),
			action: 'Fix the file; F9 offers a reload.',
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
			summary: clean(`${first.name}${andMore(others.length)} wait${others.length === 0 ? 's' : ''} for a server restart.`),
			evidence: clean(`The file differs from the running server${value}.`),
			pid: null,
			leads: settingRef(first),
			action: 'A restart applies the value in the file.',
		},
	];
};
