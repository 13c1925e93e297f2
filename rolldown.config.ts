import {rmSync} from 'node:fs';
import {defineConfig} from 'rolldown';
import {chunks} from './scripts/chunks.ts';
import {eagerFunctions} from './scripts/eager-functions.ts';
import {lazyPackages} from './scripts/lazy-packages.ts';
import {meowParserOnly} from './scripts/meow-parser-only.ts';
import {notices} from './scripts/notices.ts';

const developerTools = 'react-devtools-core';

export default defineConfig({
	input: {cli: 'source/cli.ts'},
	// The chunks below require it; nothing imports the entry.
	preserveEntrySignatures: 'allow-extension',
	platform: 'node',
	// React chooses its build by this when it is bundled.
	transform: {define: {'process.env.NODE_ENV': '"production"'}},
	external: ['pg-native'],
	plugins: [
		{
			// Ink imports them only with DEV=true; as an external they would become a static import that fails everywhere.
			name: 'without-developer-tools',
			resolveId: id => (id === developerTools ? `\0${developerTools}` : null),
			load: id => (id === `\0${developerTools}` ? 'export default undefined' : null),
		},
		meowParserOnly(),
		eagerFunctions(),
		...lazyPackages(),
		{
			name: 'into-an-empty-folder',
			generateBundle: ({dir}) => {
				if (dir !== undefined) rmSync(dir, {recursive: true, force: true});
			},
		},
		notices(),
	],
	output: {
		dir: 'dist',
		format: 'esm',
		minify: true,
		// Text of ASCII takes one byte per character in memory, and Node need not decode it at each start.
		charset: 'ascii',
		entryFileNames: '[name].js',
		chunkFileNames: '[name].js',
		codeSplitting: {groups: [...chunks()], includeDependenciesRecursively: false},
	},
});
