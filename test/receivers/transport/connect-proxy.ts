import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { closeAfterTest } from '../../support/temporary-home.js';

export interface ConnectProxy {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** What was asked for with CONNECT. */
  readonly asked: string[];
}

/** A proxy that opens tunnels to one port here, or gives an answer of its own. */
export async function connectProxy(behind: { port: number } | { answer: string }) {
  const asked: string[] = [];
  const server = http.createServer();
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.on('error', () => undefined);
    if ('answer' in behind) return void socket.resume().end(behind.answer);
    const upstream = net.connect(behind.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  const port = await listening(server);
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { host: `127.0.0.1:${port}`, asked } satisfies ConnectProxy;
}

/** Listens on a free port of loopback. */
export function listening(server: net.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
