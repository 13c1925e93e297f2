#!/usr/bin/env node
// This file must load on any Node, to report one that is too old; the cache must be on before the rest is compiled.
import {homedir} from 'node:os';
import {setFlagsFromString} from 'node:v8';
import {enableCompileCache} from './system/compile-cache.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
	process.stderr.write(`pgtriage: Node ${process.versions.node} is too old; 22.12 or later is required.\n`);
	process.exit(2);
}
process.title = 'pgtriage';
enableCompileCache(process.env, homedir);
await import('./program.ts');
// The data of a refresh dies young: a young generation grown to 64 MB would only hold memory. Its limit is fixed before this runs,
// so only its growth can be stopped: the size reached while the program loads is enough.
setFlagsFromString('--semi-space-growth-factor=1');
