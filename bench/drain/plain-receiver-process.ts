import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers every request with a status, 204 when absent, after so many milliseconds; ends with the one that started it. */
const AFTER_MS = Number(process.argv[2]);
const STATUS = Number(process.argv[3] ?? 204);

const server = http.createServer((request, response) => {
  const answer = () => response.writeHead(STATUS).end();
  request.on('end', () => (AFTER_MS === 0 ? answer() : setTimeout(answer, AFTER_MS))).resume();
});
server.listen(0, '127.0.0.1', () =>
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.once('disconnect', () => server.close().closeAllConnections());
