import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { captured } from '../processes/given-events.js';
import type { ScriptedAnswer } from '../receivers/scripted-server.js';
import { openCore } from '../support/core.js';
import { eventServer, said, verdicts } from '../support/event-server.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

const results = (value: unknown): ScriptedAnswer => said(200, { results: value });
const text = (body: string | Buffer, headers: Record<string, string> = {}): ScriptedAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  body,
});
const entry = (event_id: unknown, status: unknown): object => ({ event_id, status });

/** Bodies a server can send and no type allows; where results count, none of them is a verdict on any event. */
const BODIES: readonly [what: string, answer: ScriptedAnswer][] = [
  ['a list as id', results([entry(['e0'], 'success')])],
  ['an object as id', results([entry({ id: 'e0' }, 'success'), entry('e1', 'success')])],
  ['numbers, null and true as ids', results([7, null, true].map((id) => entry(id, 'success')))],
  ['a list as status', results([entry('e0', ['success'])])],
  ['no status', results([{ event_id: 'e0' }, entry('e1', null)])],
  ['a status nobody knows', results([entry('e0', 'sucess'), entry('e1', '')])],
  ['results that are not objects', results(['e0', 1, null, [], true])],
  ['results that are no list', results({ e0: 'success' })],
  ['results of others', results([entry('somebody-else', 'success'), entry('E0', 'success')])],
  ['null', text('null')],
  ['a list', text('[]')],
  ['a text', text('"success"')],
  ['nothing', text('')],
  ['half of it', text('{"results":[{"event_id":"e0","status":"succ')],
  ['a web page', text('<!doctype html><p>success')],
  ['bytes that are not text', text(Buffer.from([0xff, 0xfe, 0x00, 0x22]))],
  ['a nesting without end', text(`{"results":${'['.repeat(200_000)}`)],
  ['invalid gzip', text('{"results":[]}', { 'content-encoding': 'gzip' })],
  [
    'gzip that is cut',
    text(gzipSync('{"results":[]}').subarray(0, 10), { 'content-encoding': 'gzip' }),
  ],
  ['a million bytes of blanks', text(' '.repeat(1_000_000))],
  [
    'names that objects have anyway',
    results([{ __proto__: null, constructor: 1 }, entry('__proto__', 'success')]),
  ],
];

describe('incident 22: a result with a list as id crashed the drain', () => {
  it(`any of ${BODIES.length} bodies no type allows has an outcome, and nothing is lost`, async () => {
    const server = await eventServer();
    const machine = new Machine().sendTo(server.url, 'ack = "results"');
    const redrain = machine.open();
    await redrain.captureMany(envelopes(3));
    for (const [what, answer] of BODIES) {
      server.answer = () => answer;
      expect(await redrain.drain(), what).to.include({ transient: 3, delivered: 0, posts: 1 });
      expect(machine.tally(), what).to.deep.equal({ failed_transient: 3 });
    }
    server.answer = (ids) => verdicts(ids, () => 'success');
    expect(await redrain.drain()).to.include({ delivered: 3 });
    assertLedgerInvariant(await openCore(machine.home));
  });

  it('the command ends as it does for any failure, and says what it was given', async () => {
    const server = await eventServer();
    server.answer = () => results([entry(['e0'], 'success')]);
    const cli = new WarmCli();
    const machine = new Machine(cli.env, cli.home).sendTo(server.url);
    await captured(cli, envelopes(1));
    const run = await cli.run(['now']);
    expect(run.code).to.equal(7);
    expect(run.stderr)
      .to.match(/e0: transient: .*garbled/)
      .and.not.match(/at .*\.js:\d+/);
    expect(machine.statuses()).to.deep.equal({ e0: 'failed_transient' });
  });
});
