import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { RedrainError } from '../../base/error.js';
import { EXIT } from '../../base/exit-codes.js';
import { whyNot } from '../../files/trouble.js';

/** Something to capture events from. Nothing is opened before `open` is called. */
export interface InputSource {
  /** As the operator would name it: the path, or `stdin`. */
  readonly name: string;
  open(): AsyncIterable<Buffer>;
}

/** A file, directory or pattern on the command line that cannot be read from. */
export class InputSourceError extends RedrainError {
  override readonly name = 'InputSourceError';
  readonly code = 'INPUT_UNREADABLE';
  override readonly exitCode = EXIT.badInput;

  constructor(
    readonly pattern: string,
    detail: string,
  ) {
    super(detail);
  }
}

const STDIN = '-';
const CHUNK_BYTES = 256 * 1024;

/** What the patterns of a command line or a job name. */
export interface FoundSources {
  readonly sources: readonly InputSource[];
  /** One for each pattern that names nothing that can be read. */
  readonly missing: readonly InputSourceError[];
}

/**
 * The sources that these patterns name, in the order of the patterns, the
 * matches of one pattern sorted, each source once. A path that exists is taken
 * literally even if it looks like a pattern; `-`, or no pattern at all, is
 * standard input. A directory, and whatever matches nothing, is missing;
 * nothing is opened yet, standard input neither.
 *
 * @throws InputSourceError when all are missing, and names them all.
 */
export async function findSources(
  patterns: readonly string[],
  stdin: () => AsyncIterable<Buffer>,
  cwd = process.cwd(),
): Promise<FoundSources> {
  const sources = new Map<string, InputSource>();
  const missing: InputSourceError[] = [];
  for (const pattern of patterns.length === 0 ? [STDIN] : patterns) {
    if (pattern === STDIN) {
      sources.set(STDIN, { name: 'stdin', open: stdin });
      continue;
    }
    const files = await filesOf(pattern, cwd).catch(asMissing);
    if (files instanceof InputSourceError) missing.push(files);
    else for (const file of files) addFile(sources, file, cwd);
  }
  if (sources.size === 0) throw allMissing(missing);
  return { sources: [...sources.values()], missing };
}

function asMissing(error: unknown): InputSourceError {
  if (error instanceof InputSourceError) return error;
  throw error;
}

function allMissing([first, ...more]: readonly InputSourceError[]): InputSourceError {
  const messages = [first, ...more].map((error) => error?.message);
  return new InputSourceError(first?.pattern ?? '', messages.join('; '));
}

function addFile(sources: Map<string, InputSource>, file: string, cwd: string): void {
  const absolute = path.resolve(cwd, file);
  if (sources.has(absolute)) return;
  const open = (): AsyncIterable<Buffer> =>
    createReadStream(absolute, { highWaterMark: CHUNK_BYTES });
  sources.set(absolute, { name: file, open });
}

async function filesOf(pattern: string, cwd: string): Promise<string[]> {
  if (pattern === '') throw new InputSourceError(pattern, 'a file name is empty');
  if (await isExistingFile(pattern, cwd)) return [pattern];
  // Loaded where a name is no file: most are.
  const { glob, isDynamicPattern } = await import('tinyglobby');
  if (!isDynamicPattern(pattern)) throw new InputSourceError(pattern, `no such file: ${pattern}`);
  const matches = await glob(pattern, {
    cwd,
    absolute: path.isAbsolute(pattern),
    onlyFiles: true,
    expandDirectories: false,
  });
  if (matches.length === 0) throw new InputSourceError(pattern, `no file matches ${pattern}`);
  return matches.sort();
}

async function isExistingFile(file: string, cwd: string): Promise<boolean> {
  try {
    const stats = await stat(path.resolve(cwd, file));
    if (!stats.isDirectory()) return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw new InputSourceError(file, `cannot read ${file}: ${whyNot(error)}`);
  }
  const example = path.join(file, '*.jsonl');
  throw new InputSourceError(file, `${file} is a directory; name the files in it: ${example}`);
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
}
