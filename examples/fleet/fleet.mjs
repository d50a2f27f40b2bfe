// Three machines keep their events and drain them into a hub, whose journal is in
// PostgreSQL; two workers deliver what the hub has. All of it on this machine:
//   node fleet.mjs [SECONDS]
import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openRedrain } from 'redrain';

/** The server that gets a database for the time that this runs; its password may be in PGPASSWORD. */
const SERVER = new URL(process.env.FLEET_POSTGRES ?? 'postgres://127.0.0.1:5432/postgres');
SERVER.username ||= process.env.PGUSER ?? userInfo().username;
const REDRAIN = process.env.REDRAIN ?? 'node_modules/.bin/redrain';
const SECONDS = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
/** What the edges drain at: the third is on a slow line. */
const DRAIN_EVERY_MS = { 'edge-1': 300, 'edge-2': 300, 'edge-3': 5_000 };
const TYPES = ['OrderPlaced', 'OrderPaid', 'LampLit'];
const SHOW_EVERY_MS = 2_000;
const LAST_WAIT_MS = 30_000;

const database = `redrain_fleet_${process.pid}`;
const pg = await driver();
await onServer(`CREATE DATABASE ${database}`).catch((error) => {
  console.error(error.message);
  console.error('FLEET_POSTGRES=postgres://USER@HOST/postgres names another server.');
  process.exit(2);
});
const home = await mkdtemp(join(tmpdir(), 'redrain-fleet-'));
const storage = Object.assign(new URL(SERVER), { pathname: `/${database}` }).href;
/** @type {Map<string, import('node:child_process').ChildProcess>} */
const processes = new Map();
/** How many events each system is to get. */
const captured = { audit: 0, billing: 0 };
let isEnding = false;
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);

try {
  process.exitCode = await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await endAll();
  await onServer(`DROP DATABASE ${database} WITH (FORCE)`).catch((error) => {
    console.error(error.message);
  });
  await rm(home, { recursive: true, force: true });
}

/** The exit code: 0 when all that was captured arrived, else 7. */
async function run() {
  const systems = await startSystems();
  const hub = await startHub();
  await startWorkers(systems.url);
  const edges = await Promise.all(Object.keys(DRAIN_EVERY_MS).map((name) => openEdge(name, hub)));
  console.log(`Look at it from another terminal: REDRAIN_HOME=${join(home, 'hub')}`);
  console.log(`  REDRAIN_STORAGE_URL=${shown(storage)} redrain edges`);
  console.log('Kill what you like (kill -9): it is started again. Ctrl-C ends all.');
  const timer = setTimeout(stop, Math.min(SECONDS * 1_000, 2 ** 31 - 1));
  await Promise.all([showUntilStopped(systems), ...edges.map((edge) => live(edge))]);
  clearTimeout(timer);
  console.log('\nNo more events: what is left goes out.');
  const isAll = await settled(edges, systems);
  await show(systems);
  await Promise.all(edges.map(({ redrain }) => redrain.close()));
  systems.server.close();
  systems.server.closeAllConnections();
  console.log(isAll ? 'Everything arrived.' : 'Not everything has arrived.');
  return isAll ? 0 : 7;
}

/** Asked again, it does not wait for what is left. */
function stop() {
  if (stopping.signal.aborted) isEnding = true;
  stopping.abort();
}

/** `pg` is no dependency of redrain: who keeps a journal in PostgreSQL installs it. */
async function driver() {
  try {
    return (await import('pg')).default;
  } catch (error) {
    if (Object(error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error('The package pg is not installed, and the hub needs it: npm install pg');
    process.exit(2);
  }
}

/** @param {string} statement */
async function onServer(statement) {
  const client = new pg.Client({ connectionString: SERVER.href, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    await client.query(statement);
  } catch (error) {
    const why = `${statement}: ${reasonOf(error)}`;
    throw new Error(`PostgreSQL at ${shown(SERVER.href)} cannot be used: ${why}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Of an error that may stand for several, one for each address that was tried.
 *  @param {any} error */
function reasonOf(error) {
  return error.message || error.errors?.map((/** @type {Error} */ one) => one.message).join(', ');
}

/** @param {string} url */
function shown(url) {
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}

/** Where events end: two systems that count each event once, by its id. */
async function startSystems() {
  /** @type {Record<string, Set<string>>} */
  const got = { audit: new Set(), billing: new Set() };
  const server = createServer(async (request, response) => {
    const text = (await request.setEncoding('utf8').toArray()).join('');
    const system = got[String(request.url).slice(1)];
    for (const { event_id } of JSON.parse(text).events) system?.add(event_id);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { server, got, url: `http://127.0.0.1:${port}` };
}

/** @typedef {Awaited<ReturnType<typeof startSystems>>} Systems */

/** Takes events of whoever has a token. Returns its address, and a token for each edge. */
async function startHub() {
  /** @type {Record<string, string>} */
  const tokens = {};
  for (const name of Object.keys(DRAIN_EVERY_MS))
    tokens[name] = (await redrain('hub', ['edges', 'token', 'add', name])).token;
  const url = await start('hub', ['receive', '--port', '0']);
  return { url, tokens };
}

/** Two machines that share the work: whichever has the lease of a target delivers to it.
 *  @param {string} systems */
async function startWorkers(systems) {
  const config = [
    '[redrain]\nmode = "endpoint"\ntarget = "audit"',
    `[redrain.targets.audit]\nurl = "${systems}/audit"`,
    `[redrain.targets.billing]\nurl = "${systems}/billing"\ntypes = ["Order*"]`,
  ].join('\n\n');
  for (const name of ['hub', 'worker-1', 'worker-2']) {
    await mkdir(join(home, name), { recursive: true, mode: 0o700 });
    await writeFile(join(home, name, 'config.toml'), `${config}\n`);
  }
  const words = ['worker', 'dispatch', '--target', 'audit', '--target', 'billing'];
  await Promise.all(['worker-1', 'worker-2'].map((name) => start(name, words)));
}

/**
 * Starts a process on a home of its own, and starts it again whenever it ends.
 * Returns the address it listens at, if it does.
 *
 * @param {string} name
 * @param {string[]} words
 */
async function start(name, words) {
  const log = join(home, `${name}.log`);
  // In a group of its own: Ctrl-C is for this program, which ends the others in order.
  const child = spawn(REDRAIN, [...words, '--home', join(home, name)], {
    detached: true,
    stdio: ['ignore', 'pipe', openSync(log, 'a')],
    env: { ...process.env, REDRAIN_STORAGE_URL: storage },
  });
  processes.set(name, child);
  const ready = new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ more) => {
      text = text.length > 20_000 ? more : text + more;
      if (text.includes('"msg":"ready"')) resolve(/"url":"([^"]+)"/.exec(text)?.[1] ?? '');
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`${name} ended with ${signal ?? code}: ${text.trim().split('\n').at(-1)}`));
    });
  });
  const url = /** @type {string} */ (await ready);
  console.log(`${name} runs: process ${child.pid}${url === '' ? '' : ` at ${url}`}`);
  child.once('exit', (code, signal) => again(name, words, url, signal ?? code));
  return url;
}

/**
 * At the same port, where it has one.
 *
 * @param {string} name
 * @param {string[]} words
 * @param {string} url
 * @param {unknown} end
 */
async function again(name, words, url, end) {
  if (isEnding) return;
  console.log(`${name} ended with ${end}`);
  const there = words.map((word) => (word === '0' ? new URL(url).port : word));
  await start(name, there).catch((error) => {
    console.error(error.message);
    stop();
  });
}

async function endAll() {
  isEnding = true;
  await Promise.all(
    [...processes.values()].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }),
  );
}

/**
 * The document that a command of redrain writes, on a home that uses the journal of the hub.
 *
 * @param {string} name
 * @param {string[]} words
 */
async function redrain(name, words) {
  const env = { ...process.env, REDRAIN_STORAGE_URL: storage };
  const all = [...words, '--json', '--home', join(home, name)];
  const { stdout } = await promisify(execFile)(REDRAIN, all, { env });
  return JSON.parse(stdout);
}

/**
 * A program with a journal of its own, in its own home.
 *
 * @param {string} name
 * @param {Awaited<ReturnType<typeof startHub>>} hub
 */
async function openEdge(name, { url, tokens }) {
  const redrain = await openRedrain({
    home: join(home, name),
    env: { HUB_TOKEN: tokens[name] },
    targets: { hub: { url, format: 'hub', authEnv: 'HUB_TOKEN' } },
  });
  await redrain.targets.use('hub');
  return { name: /** @type {keyof typeof DRAIN_EVERY_MS} */ (name), redrain };
}

/** @typedef {Awaited<ReturnType<typeof openEdge>>} Edge */

/** Captures whatever the hub does, and drains beside it.
 *  @param {Edge} edge */
async function live({ name, redrain }) {
  const { signal } = stopping;
  const drainNow = () => redrain.drain({ honourBackoff: true, waitForLock: false, signal });
  let drained = 0;
  for (let at = 0; !signal.aborted; at += 1) {
    const type = TYPES[at % TYPES.length] ?? '';
    const event = { event_id: `${name}-${at}`, event_type: type, at };
    await redrain.capture(event);
    captured.audit += 1;
    if (event.event_type.startsWith('Order')) captured.billing += 1;
    if (performance.now() - drained > DRAIN_EVERY_MS[name]) {
      await drainNow().catch((error) => console.error(error.message));
      drained = performance.now();
    }
    await pause(50, undefined, { signal }).catch(() => undefined);
  }
}

/** @param {Systems} systems */
async function showUntilStopped(systems) {
  const { signal } = stopping;
  while (!signal.aborted) {
    await pause(SHOW_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await show(systems).catch((error) => console.error(error.message));
  }
}

/** What the hub knows of its edges, and what it has delivered.
 *  @param {Systems} systems */
async function show({ got }) {
  const { edges } = await redrain('hub', ['edges']);
  const { targets } = await redrain('hub', ['targets', 'list']);
  console.log(`\n${captured.audit} events captured at the edges`);
  for (const { name, state, received, missing, lag_ms: lag } of edges)
    console.log(`  ${name}: ${state}, ${received} here, ${missing} missing, lag ${lag} ms`);
  for (const { name, delivered, waiting } of targets)
    console.log(
      `  to ${name}: ${delivered} delivered, ${waiting} waiting; it has ${got[name]?.size}`,
    );
}

/**
 * Drains the edges to their end and waits for the deliveries; false: there was no time for all.
 *
 * @param {readonly Edge[]} edges
 * @param {Systems} systems
 */
async function settled(edges, { got }) {
  const until = performance.now() + LAST_WAIT_MS;
  while (!isEnding && performance.now() < until) {
    await Promise.all(edges.map(({ redrain }) => redrain.drain()));
    const { audit, billing } = got;
    if (audit?.size === captured.audit && billing?.size === captured.billing) return true;
    await pause(200);
  }
  return false;
}
