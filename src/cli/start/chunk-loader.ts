import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { Script } from 'node:vm';
import type { CodeCache } from './code-cache.js';

interface Loaded {
  exports: unknown;
}

type Chunk = (
  exports: unknown,
  require: (request: string) => unknown,
  module: Loaded,
  filename: string,
  directory: string,
) => void;

/** What Node has to load itself, as only then it may call `import()`. */
const BY_NODE = 'chunks/import.cjs';

const HEAD = '(function(exports,require,module,__filename,__dirname){';

/** Loads the files of the bundle as Node's `require` does, and hands V8 what it compiled of them before. */
export class ChunkLoader {
  readonly #lib: string;
  readonly #packages: (request: string) => unknown;
  readonly #cache: Pick<CodeCache, 'of'> | undefined;
  readonly #loaded = new Map<string, Loaded>();
  /** What was compiled here, by the name of the file. */
  readonly scripts = new Map<string, Script>();

  /** `packages` loads what is not a file of the bundle. */
  constructor(
    lib: string,
    packages: (request: string) => unknown,
    cache: Pick<CodeCache, 'of'> | undefined,
  ) {
    this.#lib = lib;
    this.#packages = packages;
    this.#cache = cache;
  }

  /** What a file exports; `name` is its path in `lib/`. */
  load(name: string): unknown {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known.exports;
    if (name === BY_NODE) return this.#packages(join(this.#lib, name));
    const module: Loaded = { exports: {} };
    this.#loaded.set(name, module);
    const path = join(this.#lib, name);
    const run = this.#compiled(name, path).runInThisContext() as Chunk;
    const find = (request: string): unknown =>
      request.startsWith('.')
        ? this.load(posix.join(posix.dirname(name), request))
        : this.#packages(request);
    run.call(module.exports, module.exports, find, module, path, dirname(path));
    return module.exports;
  }

  /** The files hold nothing but ASCII: read as Latin-1, their text is not decoded. */
  #compiled(name: string, filename: string): Script {
    const cachedData = this.#cache?.of(name);
    const script = new Script(`${HEAD}${readFileSync(filename, 'latin1')}\n})`, {
      filename,
      columnOffset: -HEAD.length,
      ...(cachedData !== undefined && { cachedData }),
    });
    this.scripts.set(name, script);
    return script;
  }
}
