import {fileURLToPath} from 'node:url';
import type {CodeSplittingGroup} from 'rolldown';

/** What Rolldown knows of a module: the modules that it imports before it runs. */
type Modules = {readonly getModuleInfo: (id: string) => {readonly importedIds: readonly string[]} | null};

/** The parts of the program in the order in which a start needs them, and the modules that each of them begins with. */
const parts = {
	program: ['source/program.ts', 'source/command-line/configuration.ts'],
	lead: ['source/run/commands.ts'],
	queries: ['source/queries/plan.ts'],
	findings: ['source/findings/index.ts'],
	panes: ['source/panes/index.ts'],
	server: ['source/run/server.ts'],
	screen: ['source/run/full-screen.ts'],
} as const;

const root = fileURLToPath(new URL('..', import.meta.url));

/** Modules that are loaded with some, those included. */
const closure = (begins: readonly string[], modules: Modules): ReadonlySet<string> => {
	const reached = new Set<string>();
	const left = begins.map(path => `${root}${path}`);
	for (let id = left.pop(); id !== undefined; id = left.pop()) {
		if (reached.has(id)) continue;
		reached.add(id);
		const known = modules.getModuleInfo(id);
		if (known === null && id.startsWith(`${root}source/`)) throw new Error(`${id} is not part of the program.`);
		left.push(...(known?.importedIds ?? []));
	}
	return reached;
};

/**
 * Groups of modules that a start loads together, one file each: Node finds, opens and compiles files one after the other, and a start of
 * the monitor would need seventy. What only other commands and later keys need stays in files of its own.
 */
export const chunks = (): readonly CodeSplittingGroup[] => {
	let reachedBy: ReadonlyMap<string, ReadonlySet<string>> | undefined;
	const nameOf = (id: string, modules: Modules): string | null => {
		reachedBy ??= new Map(Object.entries(parts).map(([name, begins]) => [name, closure(begins, modules)]));
		return [...reachedBy].find(([, reached]) => reached.has(id))?.[0] ?? null;
	};
	return [{name: nameOf, debugName: 'parts of a start'}];
};
