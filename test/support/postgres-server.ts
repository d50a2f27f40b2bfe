import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { closeAfterTest, temporaryHome } from './temporary-home.js';

const VERSIONS = '/usr/lib/postgresql';

/** The folder of initdb and postgres, or undefined where there is no server. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const versions = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(VERSIONS, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/** The `pg` package, or undefined where it is not installed: it is no dependency. */
export function postgresDriver(): unknown {
  try {
    return createRequire(import.meta.url)('pg');
  } catch {
    return undefined;
  }
}

/** Where a server listens: a socket below the home of the test. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** The same as one address. */
  readonly url: string;
  /** As a crash leaves it: no checkpoint, clients cut off, the log is read again at the next start. */
  crash(): Promise<void>;
  /** Starts it again; resolves once it takes connections. */
  start(): Promise<void>;
}

/** A server with nothing in it, which ends after the test. It refuses to run as root, and so it does not. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = postgresPrograms() ?? expect.fail('there is no PostgreSQL here');
  const home = temporaryHome('redrain-pg-');
  const owner = process.getuid?.() === 0 ? idsOf('postgres') : undefined;
  const data = join(home, 'data');
  mkdirSync(data);
  if (owner) for (const path of [home, data]) chownSync(path, owner.uid, owner.gid);
  const options = { ...owner, cwd: home, env: { PATH: process.env.PATH } };
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'test', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
    { ...options, encoding: 'utf8' },
  );
  expect(made.status, made.stderr).to.equal(0);
  const words = ['-D', data, '-k', home, '-c', 'listen_addresses=', '-c', 'fsync=off'];
  let end: (signal: NodeJS.Signals) => Promise<void> = async () => undefined;
  const start = async (): Promise<void> => {
    rmSync(join(data, PID_FILE), { force: true });
    const server = spawn(join(programs, 'postgres'), words, { ...options, stdio: 'ignore' });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    end = async (signal) => {
      server.kill(signal);
      await ended;
    };
    for (let tries = 0; !isReady(data); tries += 1) {
      expect(tries, 'the server does not start').to.be.lessThan(400);
      await delay(25);
    }
  };
  await start();
  closeAfterTest(() => end('SIGINT'));
  const at = { host: home, port: 5432, user: 'test', database: 'postgres' };
  const url = `postgres://test@localhost:5432/postgres?host=${encodeURIComponent(home)}`;
  return { ...at, url, crash: () => end('SIGQUIT'), start };
}

const PID_FILE = 'postmaster.pid';

/** The server says so in the file of its process id. */
function isReady(data: string): boolean {
  const file = join(data, PID_FILE);
  return existsSync(file) && /^ready\s*$/m.test(readFileSync(file, 'utf8'));
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
