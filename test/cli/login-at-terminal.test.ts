import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenServer } from '../spec-kitty/token-server.js';
import { type Cli } from '../support/cli.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { type Dialogue, hasTerminals, onTerminal } from './typed-login.js';

const stored = (cli: Cli): string => join(stateOf(cli.home), 'credentials.toml');

const typing = (password: string): Dialogue => [
  ['User at ', 'ada@example.com\r'],
  ['Password: ', `${password}\r`],
];

if (hasTerminals)
  describe('redrain login at a terminal', () => {
    it('asks for user and password, shows no password, and keeps what it gets', async () => {
      const server = await TokenServer.start({ grant: { team_slug: 'blue' } });
      const cli = new WarmCli();
      const { code, screen } = await onTerminal(
        cli,
        ['login', server.url],
        typing('the-right-password'),
      );
      expect(code, screen).to.equal(0);
      expect(screen).to.contain(`logged in at ${server.url} as ada@example.com, team blue`);
      expect(screen).to.not.match(/right|marker/);
      expect(server.seen).to.deep.equal([
        {
          path: '/api/v1/token/',
          authorization: undefined,
          body: { username: 'ada@example.com', password: 'the-right-password' },
        },
      ]);
      const text = readFileSync(stored(cli), 'utf8');
      expect(text).to.contain('marker-access-1').and.contain('marker-refresh-1');
      expect(text)
        .to.match(/access_expires_at = "20/)
        .and.not.contain('the-right-password');
      expect(statSync(stored(cli)).mode & 0o777).to.equal(0o600);
    });

    it('says clearly that the password is wrong, and keeps nothing', async () => {
      const server = await TokenServer.start();
      const cli = new WarmCli();
      const { code, screen } = await onTerminal(
        cli,
        ['login', server.url, '--user', 'ada'],
        [['Password: ', 'guessed-wrongly\r']],
      );
      expect(code).to.equal(6);
      // A message is folded to the width of the terminal.
      const said = screen.replaceAll(/\s+/g, ' ');
      expect(said).to.match(/refused this user and password: HTTP 401.*Nothing was changed/);
      expect(screen).to.not.contain('guessed-wrongly').and.not.contain('User at');
      expect(existsSync(stored(cli))).to.equal(false);
    });

    it('can be interrupted', async () => {
      const server = await TokenServer.start();
      const { code, screen } = await onTerminal(
        new WarmCli(),
        ['login', server.url],
        [
          ['User at ', 'ada\r'],
          ['Password: ', 'half\x03'],
        ],
      );
      expect(code).to.equal(130);
      expect(screen).to.not.contain('half');
      expect(server.seen).to.deep.equal([]);
    });
  });
