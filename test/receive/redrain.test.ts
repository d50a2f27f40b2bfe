import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { EventRejectedError, toNode } from '../../src/receive/index.js';
import { captured, envelopes } from '../processes/given-events.js';
import { Cli } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { type GivenOptions, givenReceiver } from './given-receiver.js';

const EVENTS = 60;

describe('redrain and a receiver on its kit', () => {
  async function given(options: GivenOptions = {}) {
    const receiver = givenReceiver({ token: 'T', ...options });
    const server = createServer(toNode(receiver.handler)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closeAfterTest(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const cli = new Cli();
    cli.configure(
      `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "http://127.0.0.1:${port}/in"\nauth_env = "TOKEN"\n`,
    );
    await captured(cli, envelopes(EVENTS));
    const env = { ...cli.env, TOKEN: 'T' };
    const redrain = await openRedrain({ home: cli.home, env });
    closeAfterTest(() => redrain.close());
    return { ...receiver, redrain };
  }

  it('agree on every byte, on what is delivered, and on what is a repetition', async () => {
    const { redrain, events, summaries } = await given();
    expect(await redrain.drain()).to.include({ delivered: EVENTS, unsent: 0 });
    expect(events.map(({ bytes }) => bytes.toString())).to.deep.equal(envelopes(EVENTS));
    await redrain.replay();
    expect(await redrain.drain()).to.include({ duplicate: EVENTS, unsent: 0 });
    expect(events).to.have.length(EVENTS);
    expect(summaries.at(-1)).to.include({ format: 'batch', duplicate: EVENTS });
  });

  it('agree on what is refused, and why', async () => {
    const { redrain, events } = await given({
      onEvent: ({ id }) => {
        if (id === 'e-0007') throw new EventRejectedError('no such order');
      },
    });
    expect(await redrain.drain()).to.include({ delivered: EVENTS - 1, rejected: 1 });
    expect(events).to.have.length(EVENTS - 1);
    const story = JSON.stringify(await redrain.inspect('e-0007'));
    expect(story).to.contain('no such order');
  });

  it('agree on requests that are too large: they come in parts', async () => {
    const { redrain, events } = await given({ limits: { maxEvents: 7 } });
    expect(await redrain.drain()).to.include({ delivered: EVENTS, unsent: 0 });
    expect(events).to.have.length(EVENTS);
  });

  it('agree that an effect which failed is tried again', async () => {
    let isDown = true;
    const { redrain, events, errors } = await given({
      onEvent: ({ id }) => {
        if (isDown && id === 'e-0002') throw new Error('the database is away');
      },
    });
    expect(await redrain.drain()).to.include({ delivered: EVENTS - 1 });
    expect(errors).to.have.length(1);
    isDown = false;
    await redrain.retry();
    await redrain.drain();
    expect(events).to.have.length(EVENTS);
  });
});
