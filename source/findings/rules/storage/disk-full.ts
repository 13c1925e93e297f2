import type {Past} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {bytes, duration, percent} from '../../../core/values/units.ts';
import {diskRows} from '../../../panes/databases/disk.ts';
import {databaseRows} from '../../../panes/databases/rows.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {directories, host, usedRatio} from '../../../queries/beside/host.ts';
import {databaseSizes, databases} from '../../../queries/server/databases.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {severityOf, worstOf} from '../../thresholds.ts';

// Growth on a disk less than half full is not trouble yet.
const halfFull = 0.5;

/** Disk of the server that is nearly full, or soon will be; known only on the host of the server. */
export const diskFull = defineRule({
	id: 'disk-full',
	help: 'A disk of the server that is nearly full, or soon will be at its current growth; only on the host of the server.',
	queries: [host, directories, databaseSizes, databases],
	find: oncePerAnswers([host], (sample, past, limits) => {
		if (!rowsOf(sample, host).some(place => (usedRatio(place) ?? 0) >= halfFull)) return [];
		return diskRows(sample, past).flatMap(disk => {
			const {device, location, used_ratio: used, free_bytes: free, growth_bytes_per_second: growth} = disk;
			const fillsIn = (used ?? 0) >= halfFull ? disk.fills_in_seconds : null;
			const byTime = severityOf(fillsIn, limits.disk_fills_seconds);
			const severity = worstOf(severityOf(used, limits.disk_used_ratio), byTime);
			if (!severity || used === null || free === null) return [];
			const soon = byTime && fillsIn !== null ? `, full in ${duration(fillsIn)} at this rate` : '';
			return [
				{
					subject: device,
					severity,
					weight: used,
					summary: clean(`The disk with ${location} is ${percent(used)} full: ${bytes(free)} left${soon}.`),
					evidence: clean(
						[growth !== null && growth > 0 ? `It grows by ${bytes(growth)}/s.` : undefined, growingDatabase(sample, past)]
							.filter(sentence => sentence !== undefined)
							.join(' '),
					),
					pid: null,
					leads: {pane: 'databases', identity: `disk ${device}`},
					action: 'Find what grows: databases, pg_wal (slots, archiver), temporary files, logs.',
				},
			];
		});
	}),
});

const growingDatabase = (sample: Sample, past: Past): string | undefined => {
	const [fastest] = databaseRows(sample, past)
		.filter(({growth_bytes_per_second: growth}) => growth !== null && growth > 0)
		.sort((a, b) => (b.growth_bytes_per_second ?? 0) - (a.growth_bytes_per_second ?? 0));
	return fastest && `Database ${fastest.datname} grows fastest, by ${bytes(fastest.growth_bytes_per_second ?? 0)}/s.`;
};
