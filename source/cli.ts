#!/usr/bin/env node
// This file must load on any Node, to say so where it is too old; and the cache must be on before the rest is compiled.
import {mkdirSync, statSync} from 'node:fs';
import * as nodeModule from 'node:module';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {setFlagsFromString} from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
	process.stderr.write(`pgtriage: Node ${process.versions.node} is too old: it needs 22.12 or later.\n`);
	process.exit(2);
}
process.title = 'pgtriage';
// Whoever can write compiled code runs it as the user who starts the program: not in /tmp, as is Node's default, nor in a home that
// sudo has left set.
try {
	const {XDG_CACHE_HOME, HOME} = process.env;
	const folder = join(XDG_CACHE_HOME || join(HOME || homedir(), '.cache'), 'pgtriage');
	mkdirSync(folder, {recursive: true, mode: 0o700});
	if (statSync(folder).uid === process.getuid?.()) nodeModule.enableCompileCache(folder);
} catch {
	// Without such a folder everything is compiled anew.
}
await import('./program.ts');
// What a refresh reads dies at once: a young generation that grew to 64 MB would only sit there. Its limit is fixed before this
// runs, and only its growth can still be stopped: where it has come to while the program was loaded is enough.
setFlagsFromString('--semi-space-growth-factor=1');
