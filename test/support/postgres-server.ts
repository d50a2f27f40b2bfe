import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { withoutEngine } from './engines.js';
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

export interface PostgresOptions {
  /** Where its data directory is made; by default in a home of the test. */
  readonly directory?: string;
  /** Settings beside those of every server of the tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Where a server listens: a socket below the home of the test. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** The same as one address. */
  readonly url: string;
  /** The path of the socket. */
  readonly socket: string;
  /** The address by way of a port on loopback. */
  urlAt(port: number): string;
  /** What `pg_ctl stop -m immediate` does: no checkpoint, clients cut off, the log is read again at the next start. */
  crash(): Promise<void>;
  /** Resolves once it has ended by itself. */
  ended(): Promise<unknown>;
  /** Starts it again; resolves once it takes connections. */
  start(): Promise<void>;
  /** Ends it, for who has it longer than for a test. */
  stop(): Promise<void>;
}

/** A server with nothing in it, which ends after the test. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await newPostgres(temporaryHome('redrain-pg-'), options);
  closeAfterTest(() => server.stop());
  return server;
}

/**
 * One server for all tests of the suite it is called in, which may break it: the
 * server that all suites share is never stopped. Skips the suite where there are no programs.
 */
export function postgresServer(): () => PostgresServer {
  let home: string | undefined;
  let server: PostgresServer | undefined;
  before(async function () {
    if (postgresPrograms() === undefined)
      withoutEngine(this, 'PostgreSQL', 'its programs are not on this machine');
    home = mkdtempSync(join(tmpdir(), 'redrain-pg-'));
    server = await newPostgres(home);
  });
  after(async () => {
    await server?.stop();
    if (home !== undefined) rmSync(home, { recursive: true, force: true });
  });
  return () => server ?? expect.fail('the server was not made');
}

/** It refuses to run as root, and so it does not. */
async function newPostgres(
  home: string,
  { directory = home, settings = {} }: PostgresOptions = {},
): Promise<PostgresServer> {
  const programs = postgresPrograms() ?? expect.fail('there is no PostgreSQL here');
  const owner = process.getuid?.() === 0 ? idsOf('postgres') : undefined;
  const data = join(directory, 'data');
  mkdirSync(data);
  if (owner) for (const path of [home, directory, data]) chownSync(path, owner.uid, owner.gid);
  const options = { ...owner, cwd: home, env: { PATH: process.env.PATH } };
  const made = spawnSync(
    join(programs, 'initdb'),
    [
      ...['-D', data, '-U', 'test', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
      ...SMALL,
    ],
    { ...options, encoding: 'utf8' },
  );
  expect(made.status, made.stderr).to.equal(0);
  const set = { listen_addresses: '', fsync: 'off', ...settings };
  const words = ['-D', data, '-k', home];
  for (const [name, value] of Object.entries(set)) words.push('-c', `${name}=${value}`);
  let ended: Promise<unknown> = Promise.resolve();
  let end: (signal: NodeJS.Signals) => Promise<unknown> = () => ended;
  const start = async (): Promise<void> => {
    await end('SIGQUIT');
    rmSync(join(data, PID_FILE), { force: true });
    const server = spawn(join(programs, 'postgres'), words, { ...options, stdio: 'ignore' });
    ended = new Promise((resolve) => server.once('exit', resolve));
    end = (signal) => {
      server.kill(signal);
      return ended;
    };
    for (let tries = 0; !isReady(data); tries += 1) {
      expect(tries, 'the server does not start').to.be.lessThan(400);
      await delay(25);
    }
  };
  await start();
  const stop = async (): Promise<void> => {
    await end('SIGINT');
  };
  const crash = async (): Promise<void> => {
    await end('SIGQUIT');
  };
  const at = { host: home, port: 5432, user: 'test', database: 'postgres' };
  const url = `postgres://test@localhost:5432/postgres?host=${encodeURIComponent(home)}`;
  const urlAt = (port: number) => `postgres://test@127.0.0.1:${port}/postgres`;
  const socket = join(home, '.s.PGSQL.5432');
  return { ...at, url, socket, urlAt, crash, ended: () => ended, start, stop };
}

/** Segments of the log: the smallest there are. */
const SMALL = ['--wal-segsize=1'];

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
