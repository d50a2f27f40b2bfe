import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli } from '../support/cli.js';
import { temporaryHome } from '../support/temporary-home.js';

/** All packages but the driver of SQLite: those that everyday commands need are in the bundle. */
const OTHERS = /node_modules\/(?!better-sqlite3\/|bindings\/|file-uri-to-path\/)/;

/** What a command loaded, as V8 reports it: addresses of files. */
async function loadedBy(cli: Cli, args: readonly string[], stdin = ''): Promise<string[]> {
  const reports = temporaryHome();
  const run = await cli.run(args, { stdin, env: { NODE_V8_COVERAGE: reports } });
  expect(run.stderr, args.join(' ')).to.equal('');
  return readdirSync(reports)
    .map((name) => JSON.parse(readFileSync(join(reports, name), 'utf8')) as Report)
    .flatMap(({ result }) => result.map(({ url }) => url))
    .filter((url) => url.startsWith('file:'));
}

/** Files of our own: without the parts of `scripts/bundle.mjs` each takes ten times as many. */
const MOST_FILES: Readonly<Record<string, number>> = { capture: 16, status: 16, now: 20 };

interface Report {
  readonly result: readonly { readonly url: string }[];
}

describe('starting a command', () => {
  it('loads little for capture, status and now: few files, and no package but the driver of SQLite', async () => {
    const cli = new Cli();
    const commands: [string[], string?][] = [
      [['mode', 'LOCAL_RETENTION']],
      [['capture'], '{"event_id":"first, in a new home","event_type":"T"}'],
      [['enqueue', 'gc']],
      [['status']],
      [['capture'], '{"event_id":"second","event_type":"T"}'],
      [['mode', 'EXTERNAL_RECEIVER', '--endpoint', 'stub:']],
      [['now']],
    ];
    for (const [args, stdin] of commands) {
      const loaded = await loadedBy(cli, args, stdin);
      const most = MOST_FILES[args[0] ?? ''];
      if (most === undefined) continue;
      expect(
        loaded.filter((url) => OTHERS.test(url)),
        args.join(' '),
      ).to.deep.equal([]);
      const own = loaded.filter((url) => url.includes('/lib/'));
      expect(own.length, args.join(' ')).to.be.within(2, most);
    }
  });
});
