#!/usr/bin/env node
// This file must load on any Node, to report one that is too old; the cache must be on before the rest is compiled.
import {mkdirSync, statSync} from 'node:fs';
import * as nodeModule from 'node:module';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {setFlagsFromString} from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
	process.stderr.write(`pgtriage: Node ${process.versions.node} is too old; 22.12 or later is required.\n`);
	process.exit(2);
}
process.title = 'pgtriage';
// A user who can write compiled code runs it as the user who starts the program: so the cache is neither in /tmp, Node's default,
// nor in a HOME that sudo kept.
try {
	const {XDG_CACHE_HOME, HOME} = process.env;
	const folder = join(XDG_CACHE_HOME || join(HOME || homedir(), '.cache'), 'pgtriage');
	mkdirSync(folder, {recursive: true, mode: 0o700});
	if (statSync(folder).uid === process.getuid?.()) nodeModule.enableCompileCache(folder);
} catch {
	// Without such a directory everything is compiled again.
}
await import('./program.ts');
// The data of a refresh dies young: a young generation grown to 64 MB would only hold memory. Its limit is fixed before this runs,
// so only its growth can be stopped: the size reached while the program loads is enough.
setFlagsFromString('--semi-space-growth-factor=1');
