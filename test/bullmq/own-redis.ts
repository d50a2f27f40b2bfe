import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { until } from '../queue/waiting.js';
import { withoutEngine } from '../support/engines.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

/** A Redis of the test's own that keeps nothing on disk: it can be killed, and is empty when it starts again. */
export class OwnRedis {
  readonly port: number;
  #server: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** Not started yet. */
  static async make(): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort());
    closeAfterTest(() => redis.kill());
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const options = ['--port', String(this.port), '--save', '', '--appendonly', 'no'];
    this.#server = spawn('redis-server', [...options, '--bind', '127.0.0.1'], {
      cwd: temporaryHome('redrain-redis-'),
      stdio: 'ignore',
    });
    const client = new Redis(this.url, { retryStrategy: () => 10, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await until(async () => (await client.ping()) === 'PONG');
    client.disconnect();
  }

  /** As a power cut does it. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }
}

/** Tests of this suite start a Redis of their own. */
export function needsRedisServer(): void {
  before(function () {
    const { error } = spawnSync('redis-server', ['--version']);
    if (error !== undefined) withoutEngine(this, 'redis-server', error.message);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
