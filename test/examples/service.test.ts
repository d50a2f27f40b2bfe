import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { Cli, type RunningCli, startReceiver } from '../support/cli.js';
import { stateOf } from '../support/temporary-home.js';
import { external } from '../workers/worker-process.js';
import { startExample } from './start-example.js';

/** Starts it and returns its address. */
async function startService(cli: Cli): Promise<{ service: RunningCli; url: string }> {
  const env = { PORT: '0', DRAIN_EVERY_MS: '20' };
  const service = startExample(cli, 'service/service.mjs', [], env);
  await service.until(({ stdout }) => /listening on \d+\n/.test(stdout), 'its address');
  const port = /listening on (\d+)/.exec(service.stdout)?.[1];
  return { service, url: `http://127.0.0.1:${port}/` };
}

/** The id of an order that was taken; undefined when it was not. */
async function order(url: string, body: string): Promise<string | undefined> {
  const response = await fetch(url, { method: 'POST', body });
  const answer = (await response.json()) as { event_id?: string };
  return response.status === 202 ? answer.event_id : undefined;
}

const orders = (url: string, count: number): Promise<string | undefined>[] =>
  Array.from({ length: count }, (_, i) => order(url, `order ${i}`).catch(() => undefined));

describe('the example of a service', () => {
  it('loses nothing it has answered for, under load and in the middle of SIGTERM', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    await external(cli, `${receiver.url}/events`);
    const { service, url } = await startService(cli);

    const before = await Promise.all(orders(url, 100));
    expect(before).not.to.include(undefined);
    await service.until(({ stdout }) => stdout.includes('delivered'), 'a delivery');
    const under = orders(url, 100);
    await Promise.race(under);
    service.kill('SIGTERM');
    const answered = [...before, ...(await Promise.all(under))].filter((id) => id !== undefined);
    expect(await service.exited).to.include({ code: 0, signal: null });
    expect(service.stdout).to.match(/stopped\n$/);

    expect(answered.length).to.be.greaterThan(100);
    expect(idsIn(cli)).to.include.members(answered);
    expect((await cli.run(['now'])).code).to.equal(0);
    expect(receiver.sink.eventIds()).to.have.members(idsIn(cli));
    expect(receiver.sink.stats().duplicates).to.equal(0);
  });

  it('takes orders while the target is down, and sends them once it is there', async () => {
    const cli = new Cli();
    const { service, url } = await startService(cli);
    const taken = await Promise.all(orders(url, 5));
    expect(taken).not.to.include(undefined);
    await service.until(({ stderr }) => stderr.includes('no target yet'), 'why nothing is sent');
    const receiver = await startReceiver();
    await external(cli, `${receiver.url}/events`);
    await service.until(({ stdout }) => stdout.includes('delivered 5'), 'the delivery');
    expect(receiver.sink.eventIds()).to.have.members(taken);
    service.kill('SIGINT');
    expect((await service.exited).code).to.equal(0);
  });
});

function idsIn(cli: Cli): string[] {
  const file = join(stateOf(cli.home), 'journal.db');
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[], string>('SELECT event_id FROM event').pluck().all();
  } finally {
    db.close();
  }
}
