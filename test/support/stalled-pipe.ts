import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { closeAfterTest, temporaryHome } from './temporary-home.js';

/** A pipe of the system, full to the brim, whose reader reads when it is told to. */
export interface StalledPipe {
  /** For the `stdio` of a child process: blocking, as a shell makes it. */
  readonly fd: number;
  /** Everything that is in the pipe now, without what filled it. */
  read(): string;
  /** The reader is gone for good. */
  closeReader(): void;
}

const FILLING = '~';

export function stalledPipe(): StalledPipe {
  const path = join(temporaryHome('redrain-pipe-'), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY);
  let isOpen = true;
  const closeReader = (): void => {
    if (isOpen) closeSync(reader);
    isOpen = false;
  };
  for (const close of [closeReader, () => closeSync(filler), () => closeSync(fd)])
    closeAfterTest(close);
  fill(filler);
  return { fd, closeReader, read: () => contentOf(reader).replaceAll(FILLING, '') };
}

function fill(fd: number): void {
  for (const length of [4096, 1])
    try {
      for (;;) writeSync(fd, FILLING.repeat(length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
}

function contentOf(fd: number): string {
  const bytes = Buffer.alloc(1024 * 1024);
  try {
    return bytes.toString('utf8', 0, readSync(fd, bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
    throw error;
  }
}
