import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { closeAfterTest } from './temporary-home.js';

/** Both ends of a connection through the proxy. */
interface Pair {
  readonly ends: readonly [Socket, Socket];
  isCut: boolean;
}

/**
 * A network between a program and a server, which a test can cut. What a cut holds
 * back arrives when it is over, as packets that are sent again do; so does the news
 * that the other side has gone.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #isCut = false;

  private constructor(target: { readonly path: string } | { readonly port: number }) {
    this.#server = createServer((near) => this.#join(near, connect(target)));
    this.#server.on('connection', (socket) => socket.on('error', () => undefined));
  }

  /** Listens on loopback; ends after the test. */
  static async to(
    target: { readonly path: string } | { readonly port: number },
  ): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    closeAfterTest(() => proxy.close());
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Nothing passes, of connections there are and of new ones: packets are dropped, and nobody says so. */
  cut(): void {
    this.#isCut = true;
    this.cutKnown();
  }

  /** The same of the connections there are, as a firewall does that has forgotten them; new ones pass. */
  cutKnown(): void {
    for (const pair of this.#pairs) {
      pair.isCut = true;
      for (const end of pair.ends) end.pause();
    }
  }

  /** The network is there again. */
  heal(): void {
    this.#isCut = false;
    for (const pair of this.#pairs) {
      pair.isCut = false;
      for (const end of pair.ends) end.resume();
      if (pair.ends.some(({ destroyed }) => destroyed)) this.#end(pair);
    }
  }

  /** Every connection there is fails on both sides. */
  reset(): void {
    // A socket in the file system knows no reset.
    for (const { ends } of this.#pairs)
      for (const end of ends)
        if (end.remoteAddress === undefined) end.destroy();
        else end.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    for (const pair of this.#pairs) this.#end(pair);
  }

  #join(near: Socket, far: Socket): void {
    const pair: Pair = { ends: [near, far], isCut: this.#isCut };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('data', (bytes) => to.write(bytes));
      from.on('close', () => pair.isCut || this.#end(pair));
      if (pair.isCut) from.pause();
    }
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    for (const end of pair.ends) end.destroy();
  }
}
