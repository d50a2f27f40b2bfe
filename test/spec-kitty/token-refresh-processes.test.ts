import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { closeAfterTest } from '../support/temporary-home.js';
import { givenLogin, NOW, SYNC_ON } from './given-login.js';
import { TokenServer } from './token-server.js';

const CHILD = fileURLToPath(new URL('./token-child.js', import.meta.url));
const PROCESSES = 3;

/** A process that waits for `go` to ask for a token. */
async function child(home: string) {
  const env = { PATH: process.env.PATH ?? '', HOME: home, ...SYNC_ON };
  const running = spawn(process.execPath, [CHILD, home], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  closeAfterTest(() => running.kill('SIGKILL'));
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    return done === true ? expect.fail('the process ended too soon') : value;
  };
  expect(await line()).to.equal('ready');
  return {
    line,
    go: (): void => {
      running.stdin.end('go\n');
    },
  };
}

/** A promise, and what fulfils it. */
function gate(): [open: Promise<void>, release: () => void] {
  let release = (): void => {};
  const open = new Promise<void>((resolve) => {
    release = resolve;
  });
  return [open, release];
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('several processes whose token has expired', () => {
  const minutesAgo = (Date.now() - NOW) / 60_000;
  const expired = { accessEnds: minutesAgo - 5, refreshEnds: minutesAgo + 600 };
  for (const kind of ['own', 'kitty'] as const)
    it(`renew it once together, in the ${kind} file`, async () => {
      const [hold, release] = gate();
      const server = await TokenServer.start({ refresh: 'old-refresh', hold });
      const login = { url: server.url, ...expired };
      const { home, file, app } = givenLogin(kind, login);
      await app.close();
      const children = await Promise.all(Array.from({ length: PROCESSES }, () => child(home)));
      for (const one of children) one.go();
      for (const one of children) expect(await one.line()).to.equal('asking');
      await server.firstAsked;
      release();
      const tokens = await Promise.all(children.map(({ line }) => line()));
      expect(tokens).to.deep.equal(Array(PROCESSES).fill(digest('marker-access-1')));
      expect(server.refreshes).to.have.length(1);
      expect(readFileSync(file, 'utf8')).to.contain('marker-refresh-1');
    });
});
