import {type Fact, fact} from '../core/actions/question.ts';
import type {Past} from '../core/history/past.ts';
import {doneOf, percentOf} from '../core/progress.ts';
import type {Sample} from '../core/sample/sample.ts';
import {clean} from '../core/text/clean.ts';
import {duration} from '../core/values/units.ts';
import {progress} from '../queries/activity/progress.ts';
import {configFiles, settings} from '../queries/server/settings.ts';
import {secondsLeft} from './progress.ts';
import {rowsOf} from './reading/answers.ts';

/** Progress of a backend's command: its phase, the percentage done and the time left at its rate of the last minute. */
export const progressOf = (pid: number, sample: Sample, past: Past): string | undefined => {
	const row = rowsOf(sample, progress).find(each => each.pid === pid);
	if (!row) return undefined;
	const percent = percentOf(doneOf(row));
	const eta = secondsLeft(row, sample, past);
	return [
		clean(row.phase ?? ''),
		...(percent === null ? [] : [`${Math.floor(percent)} %`]),
		...(eta === null ? [] : [`${duration(eta)} left`]),
	].join(', ');
};

/** Limits of a reload: broken lines of the configuration files, and settings that need a restart. */
export const pendingChanges = (sample: Sample): readonly Fact[] => {
	const lines = rowsOf(sample, configFiles);
	const broken = lines.filter(({error}) => error !== null);
	const inForce = new Map(rowsOf(sample, settings).map(row => [row.name, row]));
	const waiting = [...inForce.values()].filter(({pending_restart}) => pending_restart === true);
	const list = (label: string, names: readonly (string | null)[], tone: Fact['tone']): readonly Fact[] =>
		names.length === 0 ? [] : [fact(label, `${names.length}: ${names.map(name => name ?? '?').join(', ')}`, tone, 3)];
	if (sample.results[configFiles.name]?.ok !== true || lines.length === 0)
		return [fact('changes', 'The files are unknown: only superusers can read them.', 'warn')];
	return [
		...list(
			'broken',
			broken.map(({name, error}) => `${name ?? 'a line'} (${error})`),
			'danger',
		),
		...list(
			'restart',
			waiting.map(({name}) => name),
			'warn',
		),
		...(broken.length > 0 ? [fact('', 'A file with a broken line is not applied at all.', 'danger')] : []),
	];
};
