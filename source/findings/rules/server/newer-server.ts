import {isNewer, majorOf, newestMajor, oldestMajor} from '../../../core/values/versions.ts';
import {factsOf} from '../../../panes/reading/answers.ts';
import {facts} from '../../../queries/server/server.ts';
import {defineRule} from '../../rule.ts';

/** Server that is newer than the versions the queries were written for. */
export const newerServer = defineRule({
	id: 'newer-server',
	help: 'A server that is newer than this pgtriage knows, so that some figures may be missing or wrong.',
	queries: [facts],
	find: sample => {
		const version = factsOf(sample)?.version;
		if (version === undefined || !isNewer(version)) return [];
		return [
			{
				subject: 'version',
				severity: 'notice',
				weight: 0,
				summary: `PostgreSQL ${majorOf(version)} is newer than this pgtriage supports (${oldestMajor} to ${newestMajor}); the queries for ${newestMajor} are used.`,
				evidence: 'A pane whose query the server refuses shows its error; figures that changed their meaning may be wrong.',
				pid: null,
				leads: {pane: 'sessions', identity: null},
				action: 'Use a newer pgtriage if there is one.',
			},
		];
	},
});
