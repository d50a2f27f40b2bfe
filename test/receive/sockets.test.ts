import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { toNode } from '../../src/receive/index.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { batchOf, type GivenOptions, givenReceiver } from './given-receiver.js';

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

describe('a receiver on node:http', () => {
  async function given(options: GivenOptions = {}) {
    const receiver = givenReceiver(options);
    const server = createServer(toNode(receiver.handler)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closeAfterTest(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const open = (text: string): Client => new Client(port, text);
    const post = async (event_id: string) => {
      const headers = { 'content-type': 'application/json' };
      const body = batchOf({ event_id });
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
      await response.text();
      return response.status;
    };
    return { ...receiver, open, post };
  }

  it('serves others beside 200 clients that are slow, and lets go of those', async () => {
    const { open, post } = await given({ limits: { bodyTimeoutMs: 300 } });
    const slow = Array.from({ length: 200 }, () => open(`${HEAD}Content-Length: 1000\r\n\r\n{`));
    await delay(50);
    expect(await post('a')).to.equal(200);
    const texts = await Promise.all(slow.map((client) => client.ended()));
    expect(texts.every((text) => text.startsWith('HTTP/1.1 408 '))).to.equal(true);
    expect(await post('b')).to.equal(200);
  });

  it('takes nothing of a body whose client went away, and goes on', async () => {
    const { open, post, events, errors } = await given();
    const client = open(`${HEAD}Content-Length: 1000\r\n\r\n${batchOf({ event_id: 'cut' })}`);
    await delay(30);
    client.socket.destroy();
    expect(await post('a')).to.equal(200);
    expect(events.map(({ id }) => id)).to.deep.equal(['a']);
    expect(errors).to.deep.equal([]);
  });

  it('never takes the unread rest of a refused body for a request', async () => {
    const { open, events } = await given({ token: 'T' });
    const hidden = `${HEAD}Authorization: Bearer T\r\nContent-Length: 29\r\n\r\n${batchOf({ event_id: 'smuggled' })}`;
    const client = open(`${HEAD}Content-Length: ${hidden.length}\r\n\r\n`);
    await delay(30);
    client.socket.end(hidden);
    expect(await client.ended()).to.match(/^HTTP\/1.1 401 /);
    expect(client.text.match(/HTTP\/1.1/g)).to.have.length(1);
    expect(events).to.have.length(0);
  });

  it('answers one who sends on although the length was refused', async () => {
    const { open } = await given();
    const client = open(`${HEAD}Content-Length: 100000000\r\n\r\n${'x'.repeat(100_000)}`);
    expect(await client.ended()).to.match(/^HTTP\/1.1 413 /);
  });

  it('keeps a connection that did nothing wrong', async () => {
    const { open, events } = await given();
    const request = (id: string) => {
      const body = batchOf({ event_id: id });
      return `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`;
    };
    const client = open(request('a') + request('b'));
    await client.until(() => client.text.match(/HTTP\/1.1 200/g)?.length === 2);
    expect(events.map(({ id }) => id)).to.deep.equal(['a', 'b']);
  });
});

/** A client that sends what it is given, and keeps what it hears. */
class Client {
  readonly socket: Socket;
  text = '';

  constructor(port: number, sent: string) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString();
    });
    this.socket.on('error', () => undefined);
    this.socket.write(sent);
    closeAfterTest(() => this.socket.destroy());
  }

  /** All that came, once the receiver has closed the connection. */
  async ended(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.text;
  }

  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) await once(this.socket, 'data');
  }
}
