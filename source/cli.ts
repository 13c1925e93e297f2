#!/usr/bin/env node
// This file must load on any Node, to say so where it is too old; and the cache must be on before the rest is compiled.
import * as nodeModule from 'node:module';
import {setFlagsFromString} from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
	process.stderr.write(`pgtriage: Node ${process.versions.node} is too old: it needs 22.12 or later.\n`);
	process.exit(2);
}
process.title = 'pgtriage';
nodeModule.enableCompileCache();
// What a refresh reads dies at once: a young generation of up to 64 MB would only sit there (20 MB less at 1000 sessions).
setFlagsFromString('--max-semi-space-size=2');
await import('./program.ts');
