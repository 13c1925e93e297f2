#!/usr/bin/env node
// This file must load on any Node, to say so where it is too old; and the cache must be on before the rest is compiled.
import * as nodeModule from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
	process.stderr.write(`pgtriage: Node ${process.versions.node} is too old: it needs 22.12 or later.\n`);
	process.exit(2);
}
process.title = 'pgtriage';
nodeModule.enableCompileCache();
await import('./program.ts');
