import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { ExternalReceiver } from '../../src/receivers/external-receiver.js';
import type { AckMode } from '../../src/receivers/mapper.js';
import { http, pour, type RawAnswer, rawServer } from '../hostile/raw-server.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { eventsFor, never } from './events.js';

async function delivered(answer: RawAnswer, ack: AckMode, deadlineMs = 10_000) {
  const { url } = await rawServer(() => answer);
  const receiver = new ExternalReceiver({
    endpoint: `${url}/in`,
    ack,
    version: '0.0.0',
    transport: { env: {}, deadlineMs },
  });
  closeAfterTest(() => receiver.close());
  return receiver.deliver(eventsFor(['a', 'b']), never());
}

const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
const BODIES: Readonly<Record<string, { answer: () => RawAnswer; deadlineMs?: number }>> = {
  'a wrong gzip label': { answer: () => http('200 OK', 'ok', ['Content-Encoding: gzip']) },
  'a coding nobody knows': { answer: () => http('200 OK', 'ok', ['Content-Encoding: zstd']) },
  'a body after 204': { answer: () => 'HTTP/1.1 204 No Content\r\n\r\n{"surprise":true}' },
  'a cut body': {
    answer: () => (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a"'),
  },
  'a cut gzip body': {
    answer: () =>
      http('200 OK', gzipSync('x'.repeat(500)).subarray(0, 20), ['Content-Encoding: gzip']),
  },
  'a body over 8 MiB': {
    answer: () => pour('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', chunk),
  },
  'a body that decompresses to more than 8 MiB': {
    answer: () => http('200 OK', gzipSync(Buffer.alloc(64 << 20)), ['Content-Encoding: gzip']),
  },
  'a stalled body': {
    answer: () => 'HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n{',
    deadlineMs: 300,
  },
};

describe('ack = "status": the status line decides', () => {
  for (const [name, { answer, deadlineMs }] of Object.entries(BODIES)) {
    it(`${name} does not undo a 2xx`, async () => {
      const report = await delivered(answer(), 'status', deadlineMs);
      expect(report.outcomes).to.deep.equal([{ kind: 'success' }, { kind: 'success' }]);
      expect(report.httpStatus).to.be.within(200, 204);
      expect(report.error).to.equal(undefined);
    });

    it(`${name} is no result for any event where results are wanted`, async () => {
      const report = await delivered(answer(), 'results', deadlineMs);
      expect(report.outcomes.map((outcome) => outcome?.kind)).to.deep.equal([
        'transient',
        'transient',
      ]);
    });
  }

  it('waits for a stalled body only a moment, however long a request may take', async () => {
    const client = await import('../../src/receivers/http-client.js');
    const { url } = await rawServer(() => 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{');
    const http = new client.HttpClient({ env: {}, deadlineMs: 60_000 });
    closeAfterTest(() => http.close());
    const request = { method: 'POST', url, headers: {}, signal: never() } as const;
    const answer = await http.request({ ...request, bodyWithinMs: 20 });
    expect(answer).to.have.nested.property('head.status', 200);
    expect(answer)
      .to.have.property('failure')
      .that.matches(/stopped coming/);
  });

  it('a refusal with an unusable body stays the refusal it is', async () => {
    const answer = http('503 Busy', 'x', ['Content-Encoding: gzip', 'Retry-After: 7']);
    const report = await delivered(answer, 'status');
    expect(report).to.include({ httpStatus: 503, retryAfterMs: 7_000 });
  });
});

describe('ack = "status": a 2xx whose body reports failures', () => {
  const TELLING: Readonly<Record<string, [status: string, body: object]>> = {
    'errors: true': ['200 OK', { errors: true, items: [] }],
    'a list of errors': ['200 OK', { errors: [{ id: 'a' }] }],
    '207': ['207 Multi-Status', {}],
    FailedRecordCount: ['200 OK', { FailedRecordCount: 1 }],
    failed: ['200 OK', { failed: 2 }],
    partialSuccess: ['200 OK', { partialSuccess: { rejectedLogRecords: '1' } }],
    'partialSuccess in another spelling': ['200 OK', { partial_success: { rejected_spans: 1 } }],
    insertErrors: ['200 OK', { insertErrors: [{ index: 0 }] }],
    'ok: false': ['200 OK', { ok: false, error: 'not_authed' }],
    'success: false': ['200 OK', { success: false }],
    'an error': ['200 OK', { error: 'no such stream' }],
    'an error with members': ['200 OK', { error: { code: 7 } }],
    'a status that failed': ['200 OK', { status: 'fail', data: {} }],
    results: ['200 OK', { results: [{ event_id: 'a', status: 'rejected' }] }],
  };
  for (const [name, [status, body]] of Object.entries(TELLING))
    it(`${name} is delivered, with a warning`, async () => {
      const report = await delivered(http(status, JSON.stringify(body)), 'status');
      expect(report.outcomes).to.deep.equal([{ kind: 'success' }, { kind: 'success' }]);
      expect(report.warnings).to.have.length(1);
      expect(report.warnings?.[0]).to.have.property('count', 2);
      expect(report.warnings?.[0]?.message).to.match(/reports failures .*ack = "status"/);
    });

  it('no failures are no warning', async () => {
    const body = {
      errors: false,
      failed: 0,
      FailedRecordCount: 0,
      partialSuccess: { rejectedLogRecords: '0' },
      insertErrors: [],
      ok: true,
      success: true,
      error: null,
      status: 'success',
    };
    expect(await delivered(http('200 OK', JSON.stringify(body)), 'status')).to.not.have.property(
      'warnings',
    );
    const without = JSON.stringify({ error: '', ok: 1, status: 0, errors: [], partialSuccess: {} });
    expect(await delivered(http('200 OK', without), 'status')).to.not.have.property('warnings');
  });
});
