import {posix} from 'node:path';
import {layers} from './layers.ts';
import {fileOf, importsOf, type SourceFile} from './syntax.ts';

type Graph = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The folder of a file. A file with a row of its own among the layers counts as a folder: a registry gathers what is below it. */
const folderOf = (path: string): string => (path in layers ? path : posix.dirname(path));

/** The imports between folders: by folder, the folders that it imports, each with the first import that does. */
const graphOf = (files: readonly SourceFile[]): Graph => {
	const graph = new Map<string, Map<string, string>>(files.map(({path}) => [folderOf(path), new Map()]));
	for (const file of files)
		for (const imported of importsOf(file)) {
			const target = fileOf(file.path, imported);
			const reached = graph.get(folderOf(file.path));
			if (imported.dynamic || target === undefined || folderOf(target) === folderOf(file.path) || reached?.has(folderOf(target)))
				continue;
			reached?.set(folderOf(target), `${file.path} imports ${target}`);
		}
	return graph;
};

/** The shortest way along the imports from a folder back to itself, as the folders on it; undefined without one. */
const shortestCycle = (graph: Graph, start: string): readonly string[] | undefined => {
	const ways: (readonly string[])[] = [[start]];
	const seen = new Set<string>();
	for (const way of ways)
		for (const next of graph.get(way.at(-1) ?? start)?.keys() ?? []) {
			if (next === start) return way;
			if (seen.has(next)) continue;
			seen.add(next);
			ways.push([...way, next]);
		}
	return undefined;
};

/**
 * Sentences about the cycles between folders over their static imports and those of types: for each folder on a cycle the
 * shortest one, with the imports that close it. A cycle is told once, from the folder that comes first by name.
 */
export const folderCycles = (files: readonly SourceFile[]): readonly string[] => {
	const graph = graphOf(files);
	const cycles = [...graph.keys()].toSorted().flatMap(folder => {
		const cycle = shortestCycle(graph, folder);
		return cycle ? [cycle] : [];
	});
	const told = Map.groupBy(cycles, cycle => cycle.toSorted().join(' '));
	return [...told.values()].map(([cycle = []]) => {
		const steps = cycle.map((folder, index) => graph.get(folder)?.get(cycle[(index + 1) % cycle.length] ?? '') ?? '');
		return `${[...cycle, cycle[0]].join(' -> ')}: ${steps.join(', ')}`;
	});
};
