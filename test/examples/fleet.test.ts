import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { isAlive } from '../../src/files/is-alive.js';
import { placeOf } from '../../src/postgres/place.js';
import { Cli, type RunningCli } from '../support/cli.js';
import { withoutEngine } from '../support/engines.js';
import { SERVER } from '../support/postgres-journal.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { startExample } from './start-example.js';

const FLEET = 'fleet/fleet.mjs';

describe('the example of a fleet', () => {
  let server: pg.Client;

  before(async function () {
    server = new pg.Client(placeOf(SERVER).connectionString);
    try {
      await server.connect();
    } catch (error) {
      withoutEngine(this, 'PostgreSQL', `${SERVER} cannot be used (${(error as Error).message})`);
    }
  });
  after(() => server.end().catch(() => undefined));

  const databases = async (): Promise<string[]> => {
    const { rows } = await server.query<{ datname: string }>('SELECT datname FROM pg_database');
    return rows.map(({ datname }) => datname);
  };

  it('has everything at the end, though its hub is killed, and leaves nothing behind', async () => {
    const cli = new Cli();
    const fleet = startExample(cli, FLEET, [], { FLEET_POSTGRES: SERVER });
    const database = `redrain_fleet_${fleet.child.pid}`;
    closeAfterTest(async () => {
      // Where the test has failed, its processes do not notice that the one above them was killed.
      for (const pid of pidsIn(fleet.stdout).filter(isAlive)) process.kill(pid, 'SIGKILL');
      await server.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    });
    await fleet.until(({ stdout }) => /edge-3: ok, [1-9]/.test(stdout), 'events of each edge');
    expect(await databases()).to.include(database);
    process.kill(pidOf(fleet, 'hub'), 'SIGKILL');
    await fleet.until(({ stdout }) => /hub ended with SIGKILL\nhub runs/.test(stdout), 'a new hub');
    fleet.kill('SIGINT');
    const { code, stdout, stderr } = await fleet.exited;
    expect({ code, stderr: stderr.replace(/^.*transient.*\n/gm, '') }).to.deep.equal({
      code: 0,
      stderr: '',
    });
    const last = stdout.slice(stdout.indexOf('No more events'));
    const [, captured] = /^(\d+) events captured/m.exec(last) ?? [];
    expect(Number(captured)).to.be.greaterThan(3);
    const here = [...last.matchAll(/^ {2}edge-\d: ok, (\d+) here, 0 missing/gm)];
    expect(here.map(([, events]) => Number(events)).reduce((a, b) => a + b)).to.equal(
      Number(captured),
    );
    expect(last).to.include(`to audit: ${captured} delivered, 0 waiting; it has ${captured}\n`);
    expect(last).to.match(/to billing: (\d+) delivered, 0 waiting; it has \1\n/);
    expect(last).to.match(/\nEverything arrived\.\n$/);

    expect(await databases()).to.not.include(database);
    expect(readdirSync(cli.tmp)).to.deep.equal([]);
    expect(pidsIn(stdout)).to.have.length(4);
    expect(pidsIn(stdout).filter(isAlive)).to.deep.equal([]);
  }).timeout(240_000);

  it('says what is missing where nothing answers, and shows no password', async () => {
    const FLEET_POSTGRES = 'postgres://me:geheim@127.0.0.1:1/postgres';
    const fleet = startExample(new Cli(), FLEET, [], { FLEET_POSTGRES });
    const { code, stdout, stderr } = await fleet.exited;
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr)
      .to.match(
        /^PostgreSQL at postgres:\/\/127\.0\.0\.1:1\/postgres cannot be used: .*ECONNREFUSED/,
      )
      .and.not.include('geheim');
  });

  it('says what to install where pg is not', () => {
    const { cwd, env } = new Cli();
    mkdirSync(join(cwd, 'node_modules'));
    symlinkSync(resolve('.'), join(cwd, 'node_modules', 'redrain'));
    copyFileSync(join('examples', FLEET), join(cwd, 'fleet.mjs'));
    const run = spawnSync(process.execPath, ['fleet.mjs'], { cwd, env, encoding: 'utf8' });
    expect(run.status, run.stderr).to.equal(2);
    expect(run.stderr).to.match(/npm install pg/);
  });
});

const pidOf = ({ stdout }: RunningCli, name: string): number =>
  Number(new RegExp(`^${name} runs: process (\\d+)`, 'm').exec(stdout)?.[1]);

const pidsIn = (stdout: string): number[] =>
  [...stdout.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
