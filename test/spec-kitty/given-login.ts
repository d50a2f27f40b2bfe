import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App } from '../../src/app/app.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';
import { configNaming } from './given-authority.js';

/** The moment these tests play at. */
export const NOW = Date.UTC(2026, 6, 1, 12);
export const MINUTE_MS = 60_000;

export const at = (minutes: number): string => new Date(NOW + minutes * MINUTE_MS).toISOString();

/** What a login looks like that was made at `url` and whose tokens end so many minutes from now. */
export interface GivenLogin {
  readonly url: string;
  readonly accessEnds?: number;
  readonly refreshEnds?: number;
  readonly mode?: number;
}

/** redrain's own file, with a neighbour and comments that must survive. */
export function ownFile({ url, accessEnds = 0, refreshEnds = 60 }: GivenLogin): string {
  return `# kept by hand
[servers."https://other.example"]
access = "other-access" # not ours
refresh = "other-refresh"

[servers."${url}"]
access = "old-access"   # the one
refresh = 'old-refresh'
access_expires_at = "${at(accessEnds)}"
refresh_expires_at = "${at(refreshEnds)}"
username = "ada@example.com"
team_slug = "blue"
`;
}

/** Spec Kitty's file, times without a zone as it wrote them. */
export function kittyFile({ url, accessEnds = 0, refreshEnds = 60 }: GivenLogin): string {
  return `[tokens]
access = "old-access"
refresh = "old-refresh"
access_expires_at = "${at(accessEnds).slice(0, -1)}"
refresh_expires_at = "${at(refreshEnds).replace('Z', '+00:00')}"

[user]
username = "ada@example.com"
team_slug = "blue"

[server]
url = "${url}"
`;
}

export interface GivenHomeOfLogin {
  readonly home: string;
  readonly app: App;
  /** The file the login is in. */
  readonly file: string;
  readonly text: () => string;
  readonly mode: () => number;
  /** Moves with what a test sets. */
  readonly clock: { now: number };
}

/** A home whose server is that of the login, which is kept in one of the two files. */
export function givenLogin(
  kind: 'own' | 'kitty',
  login: GivenLogin,
  env: NodeJS.ProcessEnv = {},
): GivenHomeOfLogin {
  const home = temporaryHome();
  const file = kind === 'own' ? join(stateOf(home), 'credentials.toml') : join(home, 'credentials');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(join(home, 'config.toml'), configNaming(login.url));
  writeFileSync(file, kind === 'own' ? ownFile(login) : kittyFile(login));
  chmodSync(file, login.mode ?? 0o600);
  const clock = { now: NOW };
  const app = new App({ home, env: { ...SYNC_ON, ...env }, now: () => clock.now });
  closeAfterTest(() => app.close());
  const text = () => readFileSync(file, 'utf8');
  return { home, app, file, clock, text, mode: () => statSync(file).mode & 0o777 };
}

export const SYNC_ON = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' };
