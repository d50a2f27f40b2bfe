import { type Stats, statSync } from 'node:fs';

/** Milliseconds by which times of a file system may be behind the clock. */
const SETTLED_MS = 50;
/** Milliseconds after which the files themselves are looked at whatever their directory says. */
const TRUSTED_MS = 1_000;

/**
 * Whether anything was made, renamed or removed in a directory since the last
 * look: all of that moves its times, and a directory in its place has another
 * number. One look in place of one for each file.
 */
export class DirectoryWatch {
  readonly #path: string;
  #seen: State | undefined;
  #until = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** False where the caller has to look at the files themselves: it may trust them from then on. */
  isAsBefore(): boolean {
    const now = performance.now();
    const state = this.#state();
    if (now < this.#until && isSame(state, this.#seen)) return true;
    this.#seen = state;
    this.#until = now + TRUSTED_MS;
    return false;
  }

  /** Undefined while a change may still come with the times of the last one. */
  #state(): State | undefined {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    if (stat === undefined || Math.abs(Date.now() - stat.ctimeMs) < SETTLED_MS) return undefined;
    return stat;
  }
}

type State = Pick<Stats, 'dev' | 'ino' | 'ctimeMs' | 'mtimeMs'>;

/** By its numbers: a text of them takes as long to make as the look itself. */
function isSame(now: State | undefined, before: State | undefined): boolean {
  return (
    now !== undefined &&
    before !== undefined &&
    now.ctimeMs === before.ctimeMs &&
    now.mtimeMs === before.mtimeMs &&
    now.ino === before.ino &&
    now.dev === before.dev
  );
}
