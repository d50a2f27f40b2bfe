import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers every request with 204, after so many milliseconds; ends with the one that started it. */
const AFTER_MS = Number(process.argv[2]);

const server = http.createServer((request, response) => {
  const answer = () => response.writeHead(204).end();
  request.on('end', () => (AFTER_MS === 0 ? answer() : setTimeout(answer, AFTER_MS))).resume();
});
server.listen(0, '127.0.0.1', () =>
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.once('disconnect', () => server.close().closeAllConnections());
