import { expect } from 'chai';
import { Cli } from '../support/cli.js';
import { loadedFiles } from '../support/loaded-files.js';

/** All packages but the driver of SQLite: those that everyday commands need are in the bundle. */
const OTHERS = /node_modules\/(?!better-sqlite3(?:-13)?\/|bindings\/|file-uri-to-path\/)/;

/** Files of our own: without the parts of `scripts/bundle.mjs` each takes ten times as many. */
const MOST_FILES: Readonly<Record<string, number>> = { capture: 16, status: 16, now: 20 };

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
      const { own, ofPackages } = await loadedFiles(cli, args, stdin);
      const most = MOST_FILES[args[0] ?? ''];
      if (most === undefined) continue;
      expect(
        ofPackages.filter((url) => OTHERS.test(url)),
        args.join(' '),
      ).to.deep.equal([]);
      expect(own.length, args.join(' ')).to.be.within(2, most);
    }
  });
});
