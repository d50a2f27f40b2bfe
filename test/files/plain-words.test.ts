import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { plainMessage } from '../../src/files/trouble.js';
import { assertRepeat } from '../../src/queue/ticks.js';
import { startServer } from '../../src/receivers/stub/server.js';
import { caFileFault } from '../../src/receivers/transport/trust.js';
import { orUnreadable } from '../../src/reports/or-unreadable.js';
import { failedSource } from '../../src/spec-kitty/legacy/source-report.js';
import { sourceFiles } from '../architecture/source-imports.js';
import { failCalls } from '../support/disk-watch.js';
import { temporaryHome } from '../support/temporary-home.js';

/** What a program says to a program: a code, a class, a call. */
const RAW = /\b(E[A-Z]{4,}|ENOENT|SQLITE_[A-Z]+|[A-Z]\w*Error|CronPattern|TypeError)\b/;

const thrownBy = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return plainMessage(error);
  }
  throw new Error('nothing was thrown');
};

const pattern = (text: string, tz = 'UTC') =>
  thrownBy(() => assertRepeat({ pattern: text, tz } as never));

const MESSAGES: Readonly<Record<string, [make: () => string | undefined, words: RegExp]>> = {
  'a CA file that is not there': [
    () => caFileFault('/nowhere/ca.pem'),
    /^the CA file cannot be used: \/nowhere\/ca\.pem: it does not exist$/,
  ],
  'a CA file that is a directory': [() => caFileFault('/'), /it is a directory/],
  'a schedule of the wrong form': [() => pattern('x'), /not a schedule: it must have five or six/],
  'a schedule of the wrong minute': [() => pattern('99 * * * *'), /invalid value for minute: 99/],
  'an invalid time zone': [() => pattern('* * * * *', 'Mars/X'), /invalid time zone.*Mars/],
  'an old queue file that cannot be read': [
    () =>
      failedSource(
        { path: '/q', file: '/q', kind: 'legacy', digest: null } as never,
        failing('EIO', '/q'),
      ).error ?? undefined,
    /\/q: the disk reported an error: see `dmesg`/,
  ],
  'a section of the status': [
    () => (orUnreadable(() => readFileSync('/nowhere')) as { error: string }).error,
    /^\/nowhere: it does not exist$/,
  ],
  'an error without a message': [
    () => plainMessage(Object.assign(new Error(''), { code: 'ESOMETHING' })),
    /^no reason was given \(/,
  ],
  'several errors in one': [
    () => plainMessage(new AggregateError([failing('ECONNREFUSED'), new Error('x')], '')),
    /nobody listens there/,
  ],
};

function failing(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: words of libuv`), { code, path });
}

describe('a message', () => {
  for (const [name, [make, words]] of Object.entries(MESSAGES))
    it(`about ${name} is in words`, () => {
      const message = make() ?? '';
      expect(message).to.match(words);
      if (!/no reason/.test(message)) expect(message).to.not.match(RAW);
    });

  it('about a sink that cannot be made is in words', async () => {
    const error = await startServer({ db: '/nowhere/sink.db' }).catch((reason: unknown) => reason);
    expect(plainMessage(error)).to.equal('/nowhere/sink.db: it does not exist');
  });

  it('about a sink on a full disk is in words', async () => {
    const db = join(temporaryHome(), 'sink.db');
    failCalls(['openSync'], 'ENOSPC', (path) => path === db);
    const error = await startServer({ db }).catch((reason: unknown) => reason);
    expect(plainMessage(error)).to.match(/sink\.db: the disk is full: make room/);
  });

  it('is made of an error in one place', () => {
    const own = new Set(['src/files/trouble.ts', 'src/queue/ticks.ts']);
    const others = sourceFiles('src').filter(
      (file) =>
        !own.has(file) &&
        /error instanceof Error \? error\.message/.test(readFileSync(file, 'utf8')),
    );
    expect(others).to.deep.equal([]);
  });
});
