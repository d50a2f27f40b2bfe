import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../../src/config/secret.js';
import { ExternalReceiver } from '../../../src/receivers/external-receiver.js';
import { HttpClient } from '../../../src/receivers/http-client.js';
import { askForTokens } from '../../../src/spec-kitty/receiver/token-client.js';
import { closeAfterTest } from '../../support/temporary-home.js';
import { eventsFor, never } from '../events.js';
import { selfSigned } from '../self-signed.js';
import { connectProxy, listening } from './connect-proxy.js';

const HOST = 'hooks.internal.example';

describe("a proxy's own answer to CONNECT", () => {
  const ANSWERS = {
    '400 Bad Request': /answered HTTP 400 Bad Request/,
    '403 Forbidden': /NO_PROXY/,
    '407 Proxy Authentication Required': /user and password: write them into HTTPS_PROXY/,
    '413 Payload Too Large': /answered HTTP 413/,
    '302 Found': /answered HTTP 302/,
    '429 Too Many Requests': /answered HTTP 429/,
    '502 Bad Gateway': /answered HTTP 502 Bad Gateway/,
  };
  for (const ack of ['results', 'status'] as const)
    for (const [status, words] of Object.entries(ANSWERS))
      it(`${status} with ack=${ack} is not a result for events`, async () => {
        const proxy = await connectProxy({
          answer: `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\n{}`,
        });
        const report = await delivered(proxy.host, ack);
        expect(report.httpStatus).to.equal(null);
        for (const outcome of report.outcomes) expect(outcome?.kind).to.equal('transient');
        expect(report.error).to.match(words);
        expect(report.error).to.include(`the proxy ${proxy.host} (HTTPS_PROXY)`);
        expect(report.error).to.include(`nothing reached ${HOST}`);
        expect(report.error).to.not.include('hunter22');
        expect(proxy.asked).to.deep.equal([`${HOST}:443`]);
      });

  for (const status of ['202 Accepted', '204 No Content'])
    it(`${status} opens a tunnel, and without TLS behind it nothing is delivered`, async () => {
      const proxy = await connectProxy({ answer: `HTTP/1.1 ${status}\r\n\r\n` });
      const report = await delivered(proxy.host, 'status');
      expect(report.outcomes.map((outcome) => outcome?.kind)).to.deep.equal([
        'transient',
        'transient',
      ]);
      expect(report.error).to.match(/closed before TLS was established, through the proxy/);
    });

  it('is not an answer to a request for tokens either', async () => {
    const proxy = await connectProxy({ answer: 'HTTP/1.1 401 Unauthorized\r\n\r\n' });
    const request = {
      kind: 'refresh',
      url: `https://${HOST}/api/v1/token/refresh/`,
      refresh: new Secret('a-refresh-token'),
    } as const;
    const transport = { env: { https_proxy: proxy.host } };
    const answer = await askForTokens(request, { transport, version: '0.0.0' });
    expect(answer.kind).to.equal('failed');
    expect(answer).to.have.property('reason').that.includes(`${proxy.host} (https_proxy)`);
  });

  it('is told from a proxy that is not there', async () => {
    const gone = await connectProxy({ answer: '' });
    const { error } = await delivered('127.0.0.1:1', 'status');
    expect(error).to.match(/^connection refused by 127\.0\.0\.1:1; nothing reached hooks/);
    expect((await delivered(gone.host, 'status')).error).to.include(`the proxy ${gone.host}`);
  });

  async function delivered(proxy: string, ack: 'results' | 'status') {
    const receiver = new ExternalReceiver({
      endpoint: `https://${HOST}/in`,
      ack,
      version: '0.0.0',
      transport: { env: { HTTPS_PROXY: `http://me:hunter22@${proxy}` }, deadlineMs: 5_000 },
    });
    closeAfterTest(() => receiver.close());
    return receiver.deliver(eventsFor(['a', 'b']), never());
  }
});

describe('tunnels', () => {
  const { key, cert } = selfSigned();
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'redrain-tunnels-'));
    writeFileSync(path.join(folder, 'ca.pem'), cert);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('leave no listener and no context behind, one request after the other', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', note);
    const { client, url } = await through({ closes: true });
    for (let n = 0; n < 30; n += 1) {
      const answer = await client.request({ method: 'GET', url, headers: {}, signal: never() });
      expect(answer).to.include({ status: 200 });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).to.deep.equal([]);
  });

  it('parse the roots once, not for each tunnel', async () => {
    const tls = (await import('node:tls')).default;
    const make = tls.createSecureContext;
    let made = 0;
    const { client, url } = await through({ closes: true });
    tls.createSecureContext = (options) => {
      if (options?.ca !== undefined) made += 1;
      return make(options);
    };
    try {
      for (let n = 0; n < 5; n += 1)
        await client.request({ method: 'GET', url, headers: {}, signal: never() });
    } finally {
      tls.createSecureContext = make;
    }
    expect(made).to.equal(1);
  });

  it('are kept for the next request', async () => {
    const { client, url, proxy } = await through({ closes: false });
    for (let n = 0; n < 3; n += 1)
      await client.request({ method: 'GET', url, headers: {}, signal: never() });
    expect(proxy.asked).to.have.length(1);
  });

  async function through({ closes }: { closes: boolean }) {
    const server = https.createServer({ key, cert }, (_, response) => {
      if (closes) response.setHeader('connection', 'close');
      response.end('{}');
    });
    const port = await listening(server);
    const proxy = await connectProxy({ port });
    const caFile = path.join(folder, 'ca.pem');
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    const client = new HttpClient({ env, caFile, deadlineMs: 5_000 });
    closeAfterTest(() => {
      client.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return { client, url: `https://127.0.0.1:${port}/`, proxy };
  }
});
