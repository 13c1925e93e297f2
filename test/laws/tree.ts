import {posix} from 'node:path';

const mostFiles = 30;

// What these folders test is not one folder of the program: real servers, a terminal, whole incidents, drawn screens, faults, packages.
const apart = [
	'faults',
	'incidents',
	'ink',
	'laws',
	'packages',
	'plans',
	'postgres',
	'pty',
	'recordings',
	'screens',
	'services',
] as const;

const topOf = (path: string): string => path.split('/')[0] ?? '';

/** Sentences about the folders with more than 30 files directly in them. */
export const crowdedFolders = (paths: readonly string[]): readonly string[] =>
	[...Map.groupBy(paths, path => posix.dirname(path))]
		.filter(([, within]) => within.length > mostFiles)
		.map(([folder, within]) => `${folder} holds ${within.length} files`);

/** Sentences about the tests outside the folder that mirrors the one of the program, and about exceptions that are not used. */
export const strayTests = (tests: readonly string[], sources: readonly string[]): readonly string[] => {
	const folders = new Set(
		sources.flatMap(path => {
			const parts = posix.dirname(path).split('/');
			return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
		}),
	);
	const namedAfter = (path: string): string | undefined => {
		const name = posix.basename(path).replace('.test.', '.');
		return sources.includes(name) ? undefined : sources.find(source => source.endsWith(`/${name}`));
	};
	const mirrored = tests.filter(path => path.includes('/') && !apart.some(folder => folder === topOf(path)));
	return [
		...mirrored
			.filter(path => !folders.has(posix.dirname(path)))
			.map(path => `test/${path} has no folder source/${posix.dirname(path)}`),
		...tests
			.filter(path => !path.includes('/') && namedAfter(path) !== undefined)
			.map(path => `test/${path} is not beside what it tests, source/${namedAfter(path)}`),
		...apart
			.filter(folder => !tests.some(path => topOf(path) === folder))
			.map(folder => `test/${folder} is an exception that nothing needs`),
	];
};
