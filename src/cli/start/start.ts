#!/usr/bin/env node
import { createRequire } from 'node:module';
import { ChunkLoader } from './chunk-loader.js';
import { CodeCache } from './code-cache.js';

// The first file of the command line as it is released: loads the others, with what
// V8 compiled of them before. As the program is compiled, main.js starts by itself.
const lib = import.meta.dirname;
const words = process.argv.slice(2);
const cache = CodeCache.of(lib, words[0], process);
const loader = new ChunkLoader(lib, createRequire(import.meta.filename), cache);
if (cache !== undefined) process.once('exit', () => cache.keep(loader.scripts));
try {
  loader.load('chunks/main.cjs');
} catch (error) {
  // Node would show the line of the bundle that asked for what is missing.
  process.stderr.write(`error: redrain cannot start: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
