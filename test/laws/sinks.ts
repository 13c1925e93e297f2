import {isNode, literal, memberOf, type Node, named, nodesOf, type SourceFile} from './syntax.ts';

/** What leaves the process, and the one function of its kind that it goes through: the file that exports it, and its name. */
const sinks: Readonly<Record<string, readonly [file: string, name: string]>> = {
	'frames of the terminal': ['terminal/frames.ts', 'scheduleFrame'],
	'modes of the terminal': ['terminal/modes.ts', 'writeNow'],
	'text on the terminal': ['core/text/line.ts', 'span'],
	'the clipboard': ['core/text/clean.ts', 'pasteable'],
	stdout: ['system/standard-streams.ts', 'put'],
	stderr: ['system/standard-streams.ts', 'warn'],
	'new files': ['system/own-file.ts', 'writeNewFile'],
	'files that grow': ['system/own-file.ts', 'openOwnFile'],
	recordings: ['adapters/record/outlet.ts', 'fileOutlet'],
	'the audit': ['adapters/act/audit.ts', 'createAudit'],
	JSON: ['core/recording/lines.ts', 'jsonLine'],
	CSV: ['core/pane/csv.ts', 'csvCell'],
	Markdown: ['core/text/markdown.ts', 'inMarkdown'],
	HTML: ['core/text/html.ts', 'html'],
};

// The terminal takes stdout as a whole; the first file runs on a Node that is too old for the rest.
const streams = new Set(['system/standard-streams.ts', 'run/full-screen.ts', 'cli.ts']);
const facts = new Set(['isTTY', 'columns', 'rows']);

/** Functions of `node:fs` that write, or open a file to write it, by the files that may use them. `*` stands for all. */
const writers: Readonly<Record<string, readonly string[]>> = {
	'system/own-file.ts': ['*'],
	'system/compile-cache.ts': ['mkdirSync'],
	'system/reading.ts': ['open', 'openSync'],
	'terminal/modes.ts': ['writeSync'],
	'adapters/host/procfs.ts': ['openSync'],
	'adapters/record/rotation.ts': ['rename', 'rm'],
	'adapters/record/saver.ts': ['rm'],
	'run/bundle.ts': ['rm'],
};

const writes =
	/^(?:append|chmod|chown|copy|cp|createWrite|f?datasync|fsync|ftruncate|lchmod|lchown|link|lutimes|mkd|mkt|open|rename|rm|symlink|truncate|unlink|utimes|write)/;
const fileSystem = /^(?:node:)?fs(?:\/promises)?$/;

// Handles that were opened for this user only.
const handles = new Set(['system/own-file.ts', 'adapters/record/outlet.ts', 'adapters/act/audit.ts', 'run/bundle.ts']);
const throughHandle = /^(?:appendFile|writeFile|createWriteStream|writev)$/;

// Sequences that a terminal obeys are written, or recognized in what is cleaned, here only.
const obeyed = /\\x1b|\\u001b|\\u\{1b\}|\\x9b|\\x07|\\e\[/i;
const sequences = /^(?:terminal\/|system\/standard-streams\.ts$|core\/text\/clean\.ts$)/;

const isStream = (node: Node): boolean => memberOf(node, 'process', 'stdout', 'stderr');

const brokenStream = (path: string, nodes: readonly Node[]): readonly string[] => {
	if (streams.has(path)) return [];
	const asked = new Set(
		nodes.flatMap(node =>
			node.type === 'MemberExpression' && isNode(node.property) && facts.has(String(node.property.name)) ? [node.object] : [],
		),
	);
	return nodes.flatMap(node => {
		if (isStream(node) && !asked.has(node)) return ['writes to a standard stream itself'];
		return node.type === 'VariableDeclarator' && named(node.init, 'process') ? ['takes process apart'] : [];
	});
};

const importedNames = (node: Node): readonly string[] =>
	Array.isArray(node.specifiers)
		? node.specifiers.filter(isNode).flatMap(part => {
				if (part.importKind === 'type') return [];
				return part.type === 'ImportSpecifier' && isNode(part.imported) ? [String(part.imported.name)] : ['*'];
			})
		: [];

const brokenFile = (path: string, node: Node): readonly string[] => {
	// The demo keeps the files of its own servers.
	if (path.startsWith('demo/')) return [];
	if (node.type === 'ImportExpression' && fileSystem.test(literal(node.source) ?? '')) return ['loads the file system later'];
	if (node.type === 'ImportDeclaration' && node.importKind !== 'type' && fileSystem.test(literal(node.source) ?? '')) {
		const allowed = writers[path] ?? [];
		return importedNames(node)
			.filter(name => (name === '*' || writes.test(name)) && !allowed.includes('*') && !allowed.includes(name))
			.map(name => `writes files itself, with ${name}`);
	}
	const isHandle =
		node.type === 'CallExpression' &&
		isNode(node.callee) &&
		node.callee.type === 'MemberExpression' &&
		isNode(node.callee.property) &&
		throughHandle.test(String(node.callee.property.name));
	return isHandle && !handles.has(path) ? ['writes to a file handle itself'] : [];
};

const isObeyed = ({type, raw, value}: Node): boolean =>
	(type === 'Literal' && obeyed.test(String(raw))) ||
	(type === 'TemplateElement' && obeyed.test(String((value as {readonly raw?: string} | undefined)?.raw)));

/** Sentences about what a file lets out of the process past the sinks; each is continued from the path of the file. */
export const brokenSinks = (file: SourceFile): readonly string[] => {
	const {path} = file;
	const nodes = nodesOf(file);
	return [
		...brokenStream(path, nodes),
		...nodes.flatMap(node => brokenFile(path, node)),
		...nodes.flatMap(node =>
			node.type === 'MemberExpression' && named(node.object, 'console') ? ['writes to the console'] : [],
		),
		...(sequences.test(path) ? [] : nodes.flatMap(node => (isObeyed(node) ? ['has a sequence for terminals'] : []))),
	];
};

/** The sinks that are not there: the kind of each whose file does not export its function. */
export const missingSinks = (files: ReadonlyMap<string, SourceFile>): readonly string[] =>
	Object.entries(sinks).flatMap(([kind, [path, name]]) => {
		const file = files.get(path);
		const isExported =
			file !== undefined &&
			nodesOf(file).some(
				node =>
					node.type === 'ExportNamedDeclaration' &&
					isNode(node.declaration) &&
					Array.isArray(node.declaration.declarations) &&
					node.declaration.declarations.some(part => isNode(part) && named(part.id, name)),
			);
		return isExported ? [] : [kind];
	});
