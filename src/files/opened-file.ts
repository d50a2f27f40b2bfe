import { statSync } from 'node:fs';
import { errorCode, troubleWords } from './trouble.js';

/**
 * The file that a path led to when it was opened. A descriptor goes on leading
 * to it when it is deleted, renamed or hidden by a mount: what is written there
 * then is in no file that anybody will read.
 */
export class OpenedFile {
  readonly path: string;
  readonly #identity: string;

  /** Remembers what is at the path now; nothing there is remembered too. */
  constructor(path: string) {
    this.path = path;
    this.#identity = identityOf(path);
  }

  get exists(): boolean {
    return this.#identity !== ABSENT;
  }

  /** True when there was a file and nothing is at the path now. */
  isGone(): boolean {
    return this.exists && identityOf(this.path) === ABSENT;
  }

  /** What became of the file, in words; undefined while the path leads to it. */
  change(): string | undefined {
    const now = identityOf(this.path);
    if (now === this.#identity) return undefined;
    if (now === ABSENT) return `${this.path} was removed`;
    return OUT_OF_REACH.test(now)
      ? `${this.path} is out of reach: ${now}`
      : `${this.path} is another file now`;
  }
}

const ABSENT = '';
const OUT_OF_REACH = /^\D/;

/** Device and number of the file: no other has both while anybody has it open. */
function identityOf(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? ABSENT : `${stat.dev}:${stat.ino}`;
  } catch (error) {
    return errorCode(error) === 'ENOTDIR' ? ABSENT : (troubleWords(error) ?? errorCode(error));
  }
}
