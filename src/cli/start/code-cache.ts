import { hash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Script } from 'node:vm';

/** Set by `scripts/bundle.mjs`: another one for each content of the bundle. */
declare const BUNDLE_ID: string;

/** Commands with a cache of their own, as V8 compiles for each what it runs; the others share one. */
const EVERYDAY = new Set([
  ...['capture', 'status', 'now', 'events', 'inspect', 'targets'],
  ...['doctor', 'mode', 'config', '__complete'],
]);
/** Reading a cache would take these longer than compiling what little they run. */
const WITHOUT = new Set(['--version', '-V']);

/** After so many runs of a command nearly all that it ever runs was compiled once. */
const RUNS = 4;
const DIGEST_BYTES = 32;
/** V8 copies what does not begin at such a place. */
const ALIGNMENT = 8;

interface Index {
  readonly runs: number;
  readonly parts: readonly (readonly [name: string, at: number, size: number])[];
}

interface Kept {
  readonly bytes: Buffer;
  readonly index: Index;
}

type Surroundings = Pick<NodeJS.Process, 'version' | 'arch' | 'env' | 'execArgv' | 'geteuid'>;

/**
 * What V8 compiled of the bundle, in a file per command and version of Node in
 * `lib/compiled/`, written at the end of the first runs. All of it can be missing
 * or wrong: a file that is not as it was written is not used, V8 refuses what
 * another V8 or other settings compiled, and the source is compiled as ever.
 */
export class CodeCache {
  readonly #directory: string;
  readonly #file: string;
  readonly #mayWrite: boolean;
  readonly #kept: Kept | undefined;
  #isComplete = true;

  private constructor(directory: string, file: string, mayWrite: boolean) {
    this.#directory = directory;
    this.#file = file;
    this.#mayWrite = mayWrite;
    this.#kept = intact(file);
  }

  /** That of a command; undefined for what is done sooner than a cache is read. */
  static of(lib: string, command: string | undefined, at: Surroundings): CodeCache | undefined {
    if (command === undefined || WITHOUT.has(command)) return undefined;
    const name = EVERYDAY.has(command) ? command : 'other';
    const directory = join(lib, 'compiled');
    const file = join(directory, `${BUNDLE_ID}-${at.version}-${at.arch}-${name}`);
    return new CodeCache(directory, file, mayWrite(lib, at));
  }

  /** What V8 compiled of a file of the bundle. */
  of(name: string): Buffer | undefined {
    const part = this.#kept?.index.parts.find(([one]) => one === name);
    if (part === undefined) this.#isComplete = false;
    return part && this.#kept?.bytes.subarray(part[1], part[1] + part[2]);
  }

  #parts(): (readonly [name: string, data: Buffer])[] {
    const { bytes, index } = this.#kept ?? { bytes: Buffer.alloc(0), index: { parts: [] } };
    return index.parts.map(([name, at, size]) => [name, bytes.subarray(at, at + size)]);
  }

  /** At the end of the process: writes what is new, if anything can be written there. */
  keep(scripts: ReadonlyMap<string, Script>): void {
    const isRefused = [...scripts.values()].some(({ cachedDataRejected }) => cachedDataRejected);
    const runs = isRefused ? 0 : (this.#kept?.index.runs ?? 0);
    if (scripts.size === 0 || !this.#mayWrite || (this.#isComplete && !isRefused && runs >= RUNS))
      return;
    try {
      mkdirSync(this.#directory, { recursive: true });
      const kept = isRefused ? [] : this.#parts();
      const compiled = [...scripts].map(
        ([name, script]) => [name, script.createCachedData()] as const,
      );
      // Another run, or another command that shares the file, may have loaded what this one did not.
      replace(this.#file, () => contentOf(new Map([...kept, ...compiled]), runs + 1));
    } catch {
      // Nobody asked for it: the next start takes as long as this one.
    }
  }
}

/**
 * Only who owns the program writes beside it: what another user left there could
 * not be deleted with it. Settings for one process are not for the next ones.
 */
function mayWrite(lib: string, { env, execArgv, geteuid }: Surroundings): boolean {
  if (execArgv.length > 0 || env.NODE_OPTIONS || env.NODE_V8_COVERAGE) return false;
  return geteuid === undefined || statSync(lib).uid === geteuid();
}

/** The content of a file that is as it was written. V8 does not look: damage could end the process. */
function intact(file: string): Kept | undefined {
  try {
    const bytes = readFileSync(file);
    if (!digestOf(bytes).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined;
    const at = DIGEST_BYTES + 4;
    const text = bytes.toString('latin1', at, at + bytes.readUInt32LE(DIGEST_BYTES));
    const index = JSON.parse(text) as Index;
    return Array.isArray(index.parts) ? { bytes, index } : undefined;
  } catch {
    return undefined;
  }
}

const digestOf = (bytes: Buffer): Buffer => hash('sha256', bytes.subarray(DIGEST_BYTES), 'buffer');

/** Digest, length of the index, index, and the parts that the index names. */
function contentOf(compiled: ReadonlyMap<string, Buffer>, runs: number): Buffer {
  // The numbers take as many characters as they may need, so that the index does not grow with them.
  const room = JSON.stringify({
    runs,
    parts: [...compiled.keys()].map((name) => [name, 1e12, 1e12]),
  }).length;
  let end = aligned(DIGEST_BYTES + 4 + room);
  const parts = [...compiled].map(([name, { length }]): [string, number, number] => {
    const at = end;
    end = aligned(end + length);
    return [name, at, length];
  });
  const bytes = Buffer.alloc(end);
  bytes.writeUInt32LE(room, DIGEST_BYTES);
  bytes.write(JSON.stringify({ runs, parts } satisfies Index).padEnd(room), DIGEST_BYTES + 4);
  for (const [at, data] of [...compiled.values()].entries()) data.copy(bytes, parts[at]?.[1]);
  digestOf(bytes).copy(bytes);
  return bytes;
}

const aligned = (at: number): number => Math.ceil(at / ALIGNMENT) * ALIGNMENT;

/** A reader finds the old content or the new one. Nothing is made where nothing can be written. */
function replace(file: string, content: () => Buffer): void {
  const temporary = `${file}.${process.pid}`;
  const descriptor = openSync(temporary, 'w', 0o644);
  try {
    writeSync(descriptor, content());
    fsyncSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
