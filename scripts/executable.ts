import {rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {nodeProgram} from './packages/node-program.ts';
import {buildSingleFile} from './packages/single-file.ts';

// Builds a single executable from the program and the running Node: `node scripts/executable.ts [FOLDER]` writes FOLDER/pgtriage
// and the notices that must accompany it. FOLDER defaults to `build`.

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '..', 'build'));
rmSync(folder, {recursive: true, force: true});
await buildSingleFile(folder, nodeProgram(process.arch, folder));
process.stdout.write(`${join(folder, 'pgtriage')}\n`);
