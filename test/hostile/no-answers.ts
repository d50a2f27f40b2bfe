import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { drip, http, pour, type RawAnswer } from './raw-server.js';

/** An invalid answer, and how long to listen to it: what never ends by itself is cut short. */
export interface NoAnswer {
  readonly answer: () => RawAnswer;
  readonly deadlineMs: number;
}

const BRIEFLY = 100;
/** Long enough for any machine: these end by themselves. */
const TO_ITS_END = 50_000;

const endless = (answer: RawAnswer): NoAnswer => ({ answer: () => answer, deadlineMs: BRIEFLY });
const ending = (answer: () => RawAnswer): NoAnswer => ({ answer, deadlineMs: TO_ITS_END });

const MIB = 1024 * 1024;
const zeros = (): Buffer => Buffer.alloc(64 * MIB);
const QUICKLY = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
/** Many members one after the other: 2 MB that unpack to 2 GiB. */
const gzipBomb = (): Buffer => Buffer.concat(Array<Buffer>(32).fill(gzipSync(zeros())));
const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;

/** What comes over the wire in place of an answer, whatever was asked. */
export const NO_ANSWERS: Readonly<Record<string, NoAnswer>> = {
  'headers that drip': endless(drip('HTTP/1.1 200 OK\r\n', 'X-A: b\r\n')),
  'a body that drips': endless(drip('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n', ' ')),
  'early hints forever': endless(drip('', 'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n')),
  'nothing at all': endless(() => undefined),
  'a terabyte announced': endless('HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n{'),
  'another protocol': endless(
    http('101 Switching Protocols', '', ['Upgrade: x', 'Connection: Upgrade']),
  ),
  'chunks without end': ending(() =>
    pour('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', chunk),
  ),
  'one header without end': ending(() => pour('HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(65_536))),
  'a gzip bomb of gigabytes': ending(() => http('200 OK', gzipBomb(), ['Content-Encoding: gzip'])),
  'a brotli bomb': ending(() =>
    http('200 OK', brotliCompressSync(zeros(), QUICKLY), ['Content-Encoding: br']),
  ),
  'fewer bytes than announced': ending(
    () => (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"access":"x"}'),
  ),
  'two lengths that differ': ending(() => http('200 OK', '{"access":"x"}', ['Content-Length: 7'])),
  'invalid gzip': ending(() => http('200 OK', '{"access":"x"}', ['Content-Encoding: gzip'])),
  'no HTTP': ending(() => (socket) => socket.end('220 mail.example ESMTP\r\n')),
  'a connection that ends': ending(() => (socket) => socket.destroy()),
};

/** Those of `npm test`. */
export const NO_ANSWERS_IN_SHORT = ['headers that drip', 'chunks without end', 'no HTTP'] as const;

/** A body that is not a document anybody asked for. */
export const GARBAGE: readonly string[] = [
  '',
  'null',
  '[]',
  '7',
  '"access"',
  '{"access":"x"',
  '<!doctype html><title>\u001b[2J</title>',
  '\0\0\0',
  '['.repeat(200_000),
  `{"access":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  '{"__proto__":{"access":"x","private_teamspace":false}}',
];
