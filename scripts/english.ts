import {globSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Passage, passagesOf} from './passages.ts';
import {type File, lineAt} from './syntax.ts';

// Finds English that reads as if translated in sentences of the program, comments, test titles and documentation.

const patterns: readonly RegExp[] = [
	/\banew\b/gi,
	/\bdear\b/gi,
	/\bno\s+more\b(?!\s+than\b)/gi,
	/\bheed(s|ed)?\b/gi,
	/\btells?\s+of\b/gi,
	/\bby\s+now\b/gi,
	/(?<!\bthere\s+)\bis\s+no\s+(?!longer\b|more\b)[a-z{]/gi,
	/(?<=^\s*|[.!?|*-]\s+)Of\s/gm,
	/\bseldom\b/gi,
	/\bwhoever\b/gi,
	/(?<!`)\bbesides\b/gi,
	/\bstands?\s+in\b(?!\s+for\b)/gi,
	/\bhangs?\s+on\b/gi,
];

const questionWord = /^\W*(what|whether|how|where|who|why|that|when|which)\b/i;

const read = 'README.md,ARCHITECTURE.md,CHANGELOG.md,CONTRIBUTING.md,SECURITY.md,docs,man,scripts,source,test';

/** Text around a match on one line. */
const around = (text: string, from: number, to: number): string => {
	const [begin, end] = [Math.max(0, from - 90), Math.min(text.length, to + 90)];
	const part = text.slice(begin, end).replace(/\s+/g, ' ').trim();
	return `${begin > 0 ? '…' : ''}${part}${end < text.length ? '…' : ''}`;
};

/** Pattern matches and doc comments that open with a question word, as `path:line: text`, and the number of all doc comments. */
export type Language = {
	readonly patterns: readonly string[];
	readonly questions: readonly string[];
	readonly docComments: number;
};

/** Language of a file. */
export const languageOf = (file: File): Language => {
	const passages = passagesOf(file);
	const docs = passages.filter(({isDocComment}) => isDocComment);
	const shown = (passage: Passage, from = 0, to = 0): string =>
		`${file.path}:${lineAt(file.text, passage.start + from)}: ${around(passage.text, from, to)}`;
	return {
		patterns: passages.flatMap(passage =>
			patterns
				.flatMap(pattern => [...passage.text.matchAll(pattern)])
				.toSorted((a, b) => a.index - b.index)
				.map(({0: match, index}) => shown(passage, index, index + match.length)),
		),
		questions: docs.filter(({text}) => questionWord.test(text)).map(doc => shown(doc)),
		docComments: docs.length,
	};
};

/** Files that people read, in all folders or below the given paths. */
export const filesToRead = (root: string, paths: readonly string[] = read.split(',')): readonly File[] =>
	globSync(
		paths.flatMap(path => [path, `${path}/**/*.{ts,tsx,md,1}`]),
		{cwd: root},
	)
		.filter(path => /\.(tsx?|md|1)$/.test(path))
		.toSorted()
		.map(path => ({path, text: readFileSync(join(root, path), 'utf8')}));
