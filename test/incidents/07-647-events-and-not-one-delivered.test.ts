import { expect } from 'chai';
import { captured, SIGNED_IN } from '../processes/given-events.js';
import type { RawAnswer, ScriptedAnswer } from '../receivers/scripted-server.js';
import { eventServer, said, verdicts } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

const events = Array.from({ length: 647 }, (_, i) => ({
  event_id: `e-${i}`,
  event_type: 'MissionDossierArtifactIndexed',
  text: 'x'.repeat(2_500),
}));

describe('incident 7: 647 events and not one delivered, "not authenticated"', () => {
  it('requests are cut by bytes, so that a server with the usual limit takes them all', async () => {
    const server = await eventServer();
    server.answer = (ids, { body }) =>
      body.length > 512 * 1024 ? { status: 413 } : verdicts(ids, () => 'success');
    const machine = new Machine().sendTo(server.url);
    const redrain = machine.open();
    await redrain.captureMany(events);

    expect(await redrain.drain()).to.include({ delivered: 647, terminal_failed: 0 });
    const sizes = server.seen.map(({ body }) => body.length);
    expect(Math.max(...sizes)).to.be.at.most(512 * 1024);
    expect(server.posts, 'as few as the bytes allow').to.have.length(
      Math.ceil((647 * 2_570) / (512 * 1024)),
    );
  });

  it('a server with a smaller limit than it says gets halves, never the same batch again', async () => {
    const server = await eventServer();
    server.answer = (ids, { body }) =>
      body.length > 100_000 ? { status: 413 } : verdicts(ids, () => 'success');
    const machine = new Machine().sendTo(server.url);
    const redrain = machine.open();
    await redrain.captureMany(events);

    expect(await redrain.drain()).to.include({ delivered: 647, terminal_failed: 0, unsent: 0 });
    const batches = server.posts.map((ids) => ids.join());
    expect(new Set(batches).size).to.equal(batches.length);
  });

  const TROUBLES: readonly [what: string, answer: ScriptedAnswer | RawAnswer, words: RegExp][] = [
    ['a database that is down', said(500, { error: 'the database is down' }), /database is down/],
    ['a gateway', { status: 502, body: '<html>Bad Gateway</html>' }, /HTTP 502 Bad Gateway/],
    ['a slow server', { status: 408 }, /HTTP 408 Request Timeout/],
    ['a full server', said(507, { detail: 'no room' }), /no room/],
    ['a dropped connection', (socket) => socket.destroy(), /connection|ECONNRESET|hang up/i],
  ];
  it('the reason that is told is the one there is, and never a login that is fine', async () => {
    const server = await eventServer();
    const machine = new Machine(SIGNED_IN);
    machine.configure(
      `[sync]\nserver_url = "${server.url}"\n[sync.projects]\nunassigned = "allow"\n`,
    );
    const redrain = machine.open();
    await redrain.captureMany(events.slice(0, 3));
    for (const [what, answer, words] of TROUBLES) {
      server.answer = () => answer;
      const { failures, message, transient } = await redrain.drain();
      const told = [...failures.map(({ reason }) => reason), message ?? ''].join('\n');
      expect(transient, what).to.equal(3);
      expect(told, what).to.match(words);
      expect(told, what).not.to.match(/authenticat|log ?in|token|credential/i);
    }
  });

  it('`now` prints it', async () => {
    const server = await eventServer();
    server.answer = () => said(500, { error: 'the database is down' });
    const cli = new WarmCli(SIGNED_IN);
    cli.configure(`[sync]\nserver_url = "${server.url}"\n[sync.projects]\nunassigned = "allow"\n`);
    await captured(cli, events.slice(0, 1));
    const run = await cli.run(['now']);
    expect(run.code).to.equal(7);
    expect(run.stdout + run.stderr)
      .to.contain('the database is down')
      .and.not.match(/authenticat|log ?in/i);
  });
});
