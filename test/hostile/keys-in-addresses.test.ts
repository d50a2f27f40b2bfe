import { inspect } from 'node:util';
import { expect } from 'chai';
import pino from 'pino';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { dispatchQueueOf } from '../../src/app/jobs/queue-names.js';
import { openRedrain } from '../../src/index.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { TroubleLog } from '../../src/workers/trouble-log.js';
import { eventServer } from '../support/event-server.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { givenService, runIdle } from '../workers/given-service.js';

const KEYS = ['QUERYKEY%20789', 'QUERYKEY 789', 'FRAGMENTKEY1', 'VARIABLEKEY2', 'HEADERKEY3'];
const HIDDEN = [
  ...KEYS,
  ...KEYS.map((key) => Buffer.from(key).toString('base64').replace(/=+$/, '')),
];
const ENV = { HOOK_KEY: 'VARIABLEKEY2', HEADER_KEY: 'HEADERKEY3' };

/** A server that repeats all it was told, plainly and in other forms. */
async function echo() {
  const server = await eventServer();
  server.answer = (_, { path, headers }) => {
    const query = new URL(path, server.url).searchParams;
    const values = [...query.values(), String(headers['x-api-key'])];
    const base64 = values.map((value) => Buffer.from(value).toString('base64'));
    return {
      status: 500,
      headers: { 'content-type': 'application/json', location: path },
      body: JSON.stringify({ error: `you sent ${path} ${values.join()} ${base64.join()}` }),
    };
  };
  return server;
}

/** One home with a key in every place of its address, and one in a header. */
async function given() {
  const server = await echo();
  const cli = new WarmCli(ENV);
  const endpoint = `${server.url}/in?key=QUERYKEY%20789&other=\${HOOK_KEY}#FRAGMENTKEY1`;
  cli.configure(
    `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\n` +
      'headers = { X-Api-Key = "HEADER_KEY" }\n',
  );
  return { server, cli, endpoint };
}

function expectNoKey(text: string, where: string): void {
  for (const key of HIDDEN) expect(text.includes(key), `${key} in ${where}`).to.equal(false);
}

describe('keys in an address', () => {
  it('are sent where they belong, the fragment nowhere, and are in no result of the library', async () => {
    const { server, cli } = await given();
    const redrain = await openRedrain({ home: cli.home, env: ENV });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany([{ event_id: 'e-1', event_type: 'Noted' }]);
    const results = {
      drained: await redrain.drain(),
      status: await redrain.status(),
      targets: await redrain.targets(),
      events: await redrain.events({}),
      inspected: await redrain.inspect('e-1'),
      readiness: await redrain.readiness(),
      preflight: await redrain.preflight(),
      diff: await redrain.diff('1', '1'),
      verified: await redrain.verify(),
    };
    expect(results.drained).to.include({ transient: 1 });
    expect(server.paths[0]).to.equal('/in?key=QUERYKEY%20789&other=VARIABLEKEY2');
    for (const [name, result] of Object.entries(results)) {
      expectNoKey(JSON.stringify(result), name);
      expectNoKey(inspect(result, { depth: null, showHidden: true }), `${name}, inspected`);
    }
  });

  it('are in no output of a command', async () => {
    const { cli, endpoint } = await given();
    const file = cli.file('events.jsonl', [{ event_id: 'e-1', event_type: 'Noted' }]);
    const commands = [
      ['capture', file],
      ['mode', 'EXTERNAL_RECEIVER', '--endpoint', endpoint],
      [
        'mode',
        'EXTERNAL_RECEIVER',
        '--endpoint',
        `${endpoint.split('?')[0]}?key=QUERYKEY%20789`,
        '--json',
      ],
      [
        'mode',
        'EXTERNAL_RECEIVER',
        '--endpoint',
        endpoint,
        '--header',
        'X-Api-Key=HEADER_KEY',
        '--json',
      ],
      ['now', '--verbose'],
      ['now', '--json'],
      ['status'],
      ['targets', '--json'],
      ['config'],
      ['doctor', '--json'],
      ['inspect', 'e-1'],
      ['retry', '--target', endpoint, '--all'],
      ['diff', endpoint, `${endpoint}FRAGMENTKEY1QUERYKEY%20789`],
    ];
    for (const args of commands) {
      const { stdout, stderr } = await cli.run(args);
      expectNoKey(stdout + stderr, args.slice(0, 2).join(' '));
    }
  });

  it('are in no log, metric or job of a worker', async () => {
    const { cli } = await given();
    const lines: string[] = [];
    const service = await givenService(cli.home, [], { env: ENV });
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const logging = { ...service, log, trouble: new TroubleLog(log) };
    const bytes = Buffer.from(JSON.stringify({ event_id: 'e-1', event_type: 'Noted' }));
    await service.app.captureGroup([{ bytes }]);
    const { id } = await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, logging);
    expect(lines.join('')).to.include('"batch"');
    expectNoKey(lines.join(''), 'the log');
    const job = await service.queues.queue(dispatchQueueOf(undefined)).getJob(id);
    expectNoKey(JSON.stringify(job), 'the job');
  });
});
