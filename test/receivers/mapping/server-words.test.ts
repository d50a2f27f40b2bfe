import { expect } from 'chai';
import { mapResponse } from '../../../src/receivers/mapper.js';

const redact = (text: string): string => text.replaceAll('S3CRET', '[secret]');

function said(status: number, body: unknown, type?: string): string | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = type === undefined ? {} : { 'content-type': type };
  const answer = { status, headers, body: Buffer.from(text) };
  return mapResponse(['a'], answer, { ack: 'results', now: 0, redact }).error;
}

describe("the server's own words", () => {
  const WORDS: Readonly<
    Record<string, [status: number, body: unknown, type: string | undefined, words: string]>
  > = {
    'fastify: the message, not the name of the status': [
      400,
      { statusCode: 400, error: 'Bad Request', message: 'body must have property events' },
      undefined,
      'HTTP 400 Bad Request: body must have property events',
    ],
    'problem details': [
      422,
      { type: 'about:blank', title: 'Invalid', detail: 'no tenant S3CRET', status: 422 },
      'application/problem+json',
      'HTTP 422 Unprocessable Entity: no tenant [secret]',
    ],
    'a title alone': [
      422,
      { title: 'Invalid' },
      undefined,
      'HTTP 422 Unprocessable Entity: Invalid',
    ],
    'a list of errors': [
      422,
      { errors: ['no id', { message: 'no type' }, { code: 7 }, { message: 'a fourth' }] },
      undefined,
      'HTTP 422 Unprocessable Entity: no id; no type; 7',
    ],
    XML: [
      500,
      '<?xml version="1.0"?><Error><Code>Busy</Code><Message>Slow &amp; full</Message></Error>',
      'application/xml',
      'HTTP 500 Internal Server Error: Busy Slow & full',
    ],
    'plain text': [502, 'upstream gone\n', 'text/plain', 'HTTP 502 Bad Gateway: upstream gone'],
    'a JSON text': [400, '"no streams"', 'application/json', 'HTTP 400 Bad Request: no streams'],
    'a page: its title': [
      502,
      '<!doctype html><html><title>502 S3CRET\u001b[2J</title><p>x</html>',
      'text/html',
      'HTTP 502 Bad Gateway: 502 [secret]\\x1b[2J',
    ],
    'a page without a title': [502, '<html><p>x</html>', 'text/html', 'HTTP 502 Bad Gateway'],
    'the name of the status where nothing else is said': [
      503,
      { error: 'Service Unavailable' },
      undefined,
      'HTTP 503 Service Unavailable: Service Unavailable',
    ],
  };
  for (const [name, [status, body, type, words]] of Object.entries(WORDS))
    it(name, () => {
      expect(said(status, body, type)).to.equal(words);
    });

  it('are bounded, whatever they are', () => {
    const long = 'x'.repeat(100_000);
    for (const body of [
      long,
      `<a>${long}</a>`,
      `<title>${long.slice(0, 900)}</title>`,
      { errors: [long] },
    ])
      expect(said(500, body, 'text/plain')?.length).to.be.lessThan(260);
  });
});

describe("the server's own words in a 2xx without results", () => {
  const none = 'HTTP 200 without per-event results: ';
  const WORDS: Readonly<Record<string, [body: unknown, type: string, line: string]>> = {
    'a page: its title': [
      '<!doctype html><html><title>Sign in, S3CRET\u001b[2J</title></html>',
      'text/html',
      'the body is a web page: Sign in, [secret]\\x1b[2J',
    ],
    'a page without a title': ['<html><p>x</html>', 'text/html', 'the body is a web page'],
    'plain text': [
      'queued for S3CRET\n',
      'text/plain',
      'the body is not JSON: queued for [secret]',
    ],
    XML: [
      '<Error><Message>Slow</Message></Error>',
      'application/xml',
      'the body is not JSON: Slow',
    ],
    'a JSON text': [
      '"no streams"',
      'application/json',
      'the body is JSON, but no object: no streams',
    ],
    'a JSON list of errors': [
      [{ message: 'no tenant' }, 'S3CRET'],
      'application/json',
      'the body is JSON, but no object: no tenant; [secret]',
    ],
    'a member of a JSON object': [
      { ok: false, message: 'unknown method S3CRET' },
      'application/json',
      'the body has no list of results: unknown method [secret]',
    ],
    'a JSON object that says nothing': [
      { ok: true },
      'application/json',
      'the body has no list of results',
    ],
  };
  for (const [name, [body, type, line]] of Object.entries(WORDS))
    it(name, () => {
      expect(said(200, body, type)).to.equal(none + line);
    });

  it('are bounded', () => {
    expect(said(200, 'x'.repeat(100_000), 'text/plain')?.length).to.be.within(240, 300);
  });
});

describe('results for events that were not sent', () => {
  const map = (results: unknown[]) =>
    mapResponse(
      ['a', 'b'],
      { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ results })) },
      { ack: 'results', now: 0, redact },
    );

  it('are told, and counted', () => {
    const verdict = map([
      { event_id: 'a', status: 'success' },
      { event_id: 'b', status: 'success' },
      { event_id: 'x', status: 'success' },
      7,
      'y',
      { status: 'success' },
    ]);
    expect(verdict.outcomes).to.deep.equal([{ kind: 'success' }, { kind: 'success' }]);
    expect(verdict.warnings).to.deep.equal([
      { message: 'results that are not objects are ignored', count: 2 },
      { message: 'results for ids that were not sent are ignored', count: 2 },
    ]);
    expect(map([{ event_id: 'a', status: 'success' }])).to.not.have.property('warnings');
  });

  it('for an id in another case say so', () => {
    const verdict = map([
      { event_id: 'A', status: 'success' },
      { event_id: 'b', status: 'success' },
    ]);
    expect(verdict.outcomes[0])
      .to.have.property('reason')
      .that.matches(/differs in upper and lower case/);
    expect(verdict.warnings?.map(({ message }) => message).join()).to.match(
      /another upper and lower case/,
    );
  });
});

describe('Retry-After', () => {
  const asked = (status: number, header: string) =>
    mapResponse(
      ['a'],
      { status, headers: { 'retry-after': header }, body: Buffer.alloc(0) },
      { ack: 'results', now: 0, redact },
    ).retryAfterMs;

  it('is taken with fractions, and on every status that may carry it', () => {
    expect(asked(429, '299.997')).to.equal(299_997);
    for (const status of [408, 409, 425, 429, 500, 502, 503, 504, 507])
      expect(asked(status, '7')).to.equal(7_000);
    for (const status of [401, 404, 410]) expect(asked(status, '7')).to.equal(undefined);
    for (const odd of ['soon', '-3', '1e9', '.', '7 s', '99999999999', ''])
      expect(asked(503, odd), odd).to.equal(undefined);
  });
});
