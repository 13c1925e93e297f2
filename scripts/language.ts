import {relative, resolve} from 'node:path';
import {filesToRead, languageOf} from './english.ts';

// Lists English to rewrite, everywhere or below the given paths: node scripts/language.ts [path...]

const root = process.cwd();
const files = filesToRead(
	root,
	process.argv.length > 2 ? process.argv.slice(2).map(path => relative(root, resolve(path))) : undefined,
);
const all = files.map(languageOf);
const matches = all.flatMap(each => each.patterns);
const questions = all.flatMap(each => each.questions);
const docComments = all.reduce((sum, each) => sum + each.docComments, 0);
process.stdout.write(
	[
		...matches,
		`${matches.length} patterns in ${files.length} files.`,
		...questions,
		`${questions.length} of ${docComments} doc comments open with a question word.`,
		'',
	].join('\n'),
);
