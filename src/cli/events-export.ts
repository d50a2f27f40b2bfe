import { closeSync, fsyncSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import type { App } from '../app/app.js';
import { type EventsOptions, exportMatching } from '../app/events.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { putInPlace, UNFINISHED } from '../files/durable-file.js';
import { exportLine } from '../journal/export-line.js';
import { Outlet } from '../output/outlet.js';
import { stdout } from '../output/standard.js';
import type { ExportedEvent } from '../reports/event-list.js';
import { count, type Output } from './output.js';

/** Standard output, in place of a file. */
const STDOUT = '-';

/**
 * Writes every event that matches, one line each, to a file or to stdout (`-`).
 * A file has its name once it is whole, and is for its owner alone.
 */
export async function exportTo(
  app: App,
  file: string,
  wanted: EventsOptions,
  output: Output,
): Promise<ExitCode> {
  if (file === STDOUT) {
    const brokenBy = await exportAll(app, wanted, stdout(), output);
    return brokenBy === undefined || brokenBy === 'EPIPE' ? EXIT.done : EXIT.internal;
  }
  const path = realPath(file);
  // A pipe or a device is written to as it is: a file must not take its place.
  const isPlain = statSync(path, { throwIfNoEntry: false })?.isFile() !== false;
  const unfinished = isPlain ? `${path}${UNFINISHED}` : path;
  try {
    await writeFile(unfinished, (outlet) => exportAll(app, wanted, outlet, output), isPlain);
    if (isPlain) putInPlace(unfinished, path);
  } catch (error) {
    if (isPlain) rmSync(unfinished, { force: true });
    throw error;
  }
  return EXIT.done;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

async function writeFile(
  path: string,
  write: (outlet: Outlet) => Promise<string | undefined>,
  isPlain: boolean,
): Promise<void> {
  const descriptor = openSync(path, 'w', 0o600);
  try {
    const code = await write(
      new Outlet(descriptor, { onFailure: 'stop', mostWaiting: Number.POSITIVE_INFINITY }),
    );
    if (code !== undefined) throw Object.assign(new Error(`${code}: write`), { code, path });
    if (isPlain) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes that wait for the reader before no more are read from the journal. */
const MOST_WAITING = 64 * 1024;

const NEWLINE = Buffer.from('\n');

/**
 * Writes no faster than the reader takes it, and no longer than it takes
 * anything. Resolves with the code of the error that ended the output.
 */
async function exportAll(
  app: App,
  wanted: EventsOptions,
  out: Outlet,
  output: Output,
): Promise<string | undefined> {
  const tally: Tally = { written: 0, wrapped: 0, gone: 0, replaced: 0 };
  await exportMatching(app, wanted, async (event) => {
    const bytes = lineOf(event, wanted, tally);
    if (bytes === undefined) return true;
    out.write(bytes);
    if (out.waiting > MOST_WAITING) await out.settled();
    return out.brokenBy === undefined;
  });
  await out.settled();
  if (out.brokenBy === undefined) explain(tally, output);
  return out.brokenBy;
}

interface Tally {
  written: number;
  wrapped: number;
  /** Their bytes are not in the journal. */
  gone: number;
  /** An operator put another content in their place: captured again, the two would be in conflict. */
  replaced: number;
}

function lineOf(event: ExportedEvent, wanted: EventsOptions, tally: Tally): Buffer | undefined {
  const { bytes } = event;
  if (event.class === 'replaced' && wanted.state === undefined) tally.replaced += 1;
  else if (bytes === null) tally.gone += 1;
  else {
    const line = exportLine({ ...event, bytes });
    tally.written += 1;
    if (line.isWrapped) tally.wrapped += 1;
    return Buffer.concat([line.bytes, NEWLINE]);
  }
  return undefined;
}

function explain({ written, wrapped, gone, replaced }: Tally, output: Output): void {
  output.note(`${count(written, 'event')} exported`);
  if (wrapped > 0)
    output.note(
      `${count(wrapped, 'event')} with id and type beside the payload, as the payload does not say them or does not fit on one line`,
    );
  if (gone > 0)
    output.note(
      `${count(gone, 'event')} left out: archived, purged or redacted, their bytes are not in the journal`,
    );
  if (replaced > 0)
    output.note(
      `${count(replaced, 'event')} left out: another content took its place; \`--state replaced\` exports them`,
    );
}
