import {fileOf, importsOf, packageOf, type SourceFile} from './syntax.ts';

/** The parts of `core/`, bottom to top: each imports only itself and those before it. */
export const core = [
	'core/text',
	'core/config.ts',
	'core/values',
	'core/sql',
	'core/sample',
	'core/recording',
	'core/history',
	'core/progress.ts',
	'core/memberships.ts',
	'core/locks',
	'core/bloat',
	'core/indexes',
	'core/serverlog',
	'core/explain',
	'core/actions',
	'core/pane',
	'core/state',
	'core/time',
	'core/actions/flow',
	'core/keys',
	'core/screen',
	'core/update',
] as const;

type Core = (typeof core)[number];

const upTo = (part: Core): readonly Core[] => core.slice(0, core.indexOf(part) + 1);

const allBut = (...parts: readonly Core[]): readonly Core[] => core.filter(part => !parts.includes(part));

// Findings and reports know what was read and what panes work out of it, never the state of a screen.
const known = [
	'core/text',
	'core/values',
	'core/sql',
	'core/sample',
	'core/history',
	'core/locks',
	'core/bloat',
	'core/serverlog',
	'core/pane',
];

const worked = [...known, 'queries', 'panes', 'findings'];

const panes = ['queries', ...upTo('core/pane')];

const adapter = [
	...allBut('core/time', 'core/actions/flow', 'core/keys', 'core/screen', 'core/update'),
	'queries',
	'system',
	'node:',
];

const served = [...adapter, 'adapters/connect', 'adapters/session'];

const adapters = [
	'connect',
	'session',
	'poll',
	'act',
	'explain',
	'host',
	'record',
	'patroni',
	'pgbouncer',
	'metrics-server.ts',
	'finding-command.ts',
	'programs',
].map(part => `adapters/${part}`);

const drawn = ['core/text', 'core/config.ts', 'core/actions', 'core/pane', 'core/state', 'core/actions/flow', 'core/keys'];

const parsed = ['core/text', 'core/config.ts', 'core/values', 'core/recording', 'core/pane'];

// The values of options that are names: panes, locks, rules, thresholds, themes and scenarios.
const named = [
	'panes/index.ts',
	'core/locks/lock-request.ts',
	'findings/index.ts',
	'findings/thresholds.ts',
	'views/theme.ts',
	'demo/scenarios.ts',
];

const started = ['command-line', 'terminal', 'views', 'demo/demo.ts'];

/**
 * The parts of the program and what each imports in addition to itself: other parts, single files of them, packages, and `node:` for the
 * modules of Node. A file belongs to the longest row that its path begins with.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
	...Object.fromEntries(core.map(part => [part, upTo(part)])),
	'core/text': ['string-width'],
	queries: ['core/text', 'core/values', 'core/sql', 'core/sample'],
	panes,
	'panes/outcome.ts': [...panes, 'panes', 'core/state'],
	'panes/header': [...panes, 'panes', 'core/state'],
	'panes/timeline/chart.ts': [...panes, 'panes', 'core/state'],
	'panes/index.ts': [
		...panes,
		'panes',
		'panes/outcome.ts',
		'panes/header',
		'panes/timeline/chart.ts',
		'findings',
		'findings/index.ts',
		'core/state',
	],
	findings: worked,
	'findings/rules': worked,
	'findings/index.ts': ['findings', 'findings/rules'],
	report: [...worked, 'findings/index.ts'],
	monitoring: [...worked, 'findings/index.ts'],
	'adapters/connect': adapter,
	'adapters/session': [...adapter, 'adapters/connect', 'pg'],
	'adapters/poll': served,
	// An EXPLAIN is an action too: it is audited where the others are.
	'adapters/act': [...served, 'adapters/explain', 'adapters/pgbouncer'],
	'adapters/explain': served,
	'adapters/host': served,
	'adapters/record': adapter,
	'adapters/pgbouncer': [...served, 'adapters/poll', 'pg'],
	'adapters/patroni': [...adapter, 'adapters/connect', 'adapters/poll'],
	'adapters/metrics-server.ts': ['node:'],
	'adapters/programs': [...adapter, 'adapters/connect'],
	'adapters/finding-command.ts': ['adapters/programs'],
	'adapters/config-file.ts': ['core/config.ts', 'core/values', 'system', 'node:'],
	system: ['core/text', 'core/values', 'node:'],
	terminal: ['core/text', 'core/state/key.ts', 'node:'],
	hooks: ['core/state', 'react'],
	views: [...drawn, 'terminal', 'hooks', 'react', 'ink', 'ink-select-input'],
	'command-line': [...parsed, ...named, 'adapters/config-file.ts', 'system', 'meow', 'node:'],
	'command-line/manual': [...parsed, ...named, 'core/keys', 'command-line'],
	run: [
		...core,
		'queries',
		'panes',
		'panes/index.ts',
		'findings',
		'findings/index.ts',
		'report',
		'monitoring',
		...adapters,
		...started,
		'system',
		'node:',
	],
	'demo/incidents': ['demo', 'node:', 'pg'],
	demo: ['core/values', 'node:', 'pg'],
	'demo/demo.ts': ['demo', 'demo/incidents', 'core/values'],
	'system/compile-cache.ts': ['node:'],
	'program.ts': [
		'command-line',
		'command-line/manual',
		'run',
		'system',
		'terminal/abilities.ts',
		'core/text',
		'core/values',
		'about.ts',
	],
	'about.ts': ['../package.json'],
	'cli.ts': ['program.ts', 'system/compile-cache.ts', 'node:'],
};

const rows = Object.keys(layers).toSorted((a, b) => b.length - a.length);

/** The row of the table that a file belongs to: the longest one that its path begins with. */
export const layerOf = (path: string): string | undefined => rows.find(row => path === row || path.startsWith(`${row}/`));

/** The rows of the table that no file belongs to. */
export const deadRows = (files: readonly SourceFile[]): readonly string[] => {
	const used = new Set(files.map(({path}) => layerOf(path)));
	return rows.filter(row => !used.has(row));
};

/** Sentences about the imports of a file that its row does not allow; each is continued from the path of the file. */
export const brokenImports = (file: SourceFile): readonly string[] => {
	const layer = layerOf(file.path);
	if (layer === undefined) return ['belongs to no layer'];
	const allowed = [layer, ...(layers[layer] ?? [])];
	return importsOf(file).flatMap(imported => {
		const target = fileOf(file.path, imported);
		const outside = imported.from.startsWith('.') ? imported.from : packageOf(imported.from);
		const reached = target === undefined ? outside : layerOf(target);
		const isAllowed = allowed.some(name => name === reached || name === target);
		return isAllowed ? [] : [`imports ${target ?? imported.from}, which ${layer} may not`];
	});
};
