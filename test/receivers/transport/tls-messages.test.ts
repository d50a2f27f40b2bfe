import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { HttpClient } from '../../../src/receivers/http-client.js';
import { tlsFailure } from '../../../src/receivers/transport/failure-reason.js';
import { closeAfterTest } from '../../support/temporary-home.js';
import { never } from '../events.js';
import { type SelfSigned, selfSigned, type Validity } from '../self-signed.js';
import { connectProxy, listening } from './connect-proxy.js';

const CODES = /ERR_|HPE_|EPROTO|E[A-Z]{5,}|SSL routines|Error\b/;

describe('messages about TLS', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'redrain-tls-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`${version}: a client certificate that is wanted`, async () => {
      const identity = selfSigned();
      const options = { requestCert: true, rejectUnauthorized: true, ca: identity.cert };
      const port = await tlsServer(identity, {
        ...options,
        minVersion: version,
        maxVersion: version,
      });
      expect(await failure(`https://127.0.0.1:${port}/`, caFile(identity))).to.match(
        /^TLS with 127\.0\.0\.1:\d+ failed: it .*wants a client certificate/,
      );
    });

  const TIMES: readonly [validity: Validity, words: RegExp][] = [
    [{ from: -9, until: -2 }, /its certificate has expired, or the clock of this machine is wrong/],
    [{ from: 2, until: 9 }, /is not valid yet, or the clock of this machine is wrong/],
  ];
  for (const [validity, words] of TIMES)
    it(`a certificate at the wrong time: ${words.source}`, async () => {
      const identity = selfSigned(validity);
      const port = await tlsServer(identity);
      expect(await failure(`https://127.0.0.1:${port}/`, caFile(identity))).to.match(words);
    });

  it('a version of TLS that is not ours', async () => {
    const port = await tlsServer(selfSigned(), {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    expect(await failure(`https://127.0.0.1:${port}/`)).to.match(/no version of TLS is shared/);
  });

  it('http at a port that speaks TLS', async () => {
    const port = await tlsServer(selfSigned());
    const said = await failure(`http://127.0.0.1:${port}/`);
    expect(said).to.match(/must begin with https:\/\/|was reset|closed/);
    const alerting = net.createServer((socket) => socket.end(Buffer.from('15030300020246', 'hex')));
    const alertPort = await listeningUntilDone(alerting);
    expect(await failure(`http://127.0.0.1:${alertPort}/`)).to.equal(
      `127.0.0.1:${alertPort} speaks TLS: its address must begin with https://`,
    );
  });

  it('https at a port that speaks http', async () => {
    const plain = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await listeningUntilDone(plain);
    expect(await failure(`https://127.0.0.1:${port}/`)).to.match(/it does not speak TLS there/);
  });

  it('the TLS of a proxy and that of the target are told apart', async () => {
    const target = selfSigned();
    const port = await tlsServer(target);
    const plain = await connectProxy({ port });
    const url = `https://127.0.0.1:${port}/`;
    expect(await failure(url, { HTTPS_PROXY: `http://${plain.host}` })).to.match(
      /^TLS with 127\.0\.0\.1:\d+ failed: .*self-signed.*, through the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\)$/,
    );
    const own = await tlsServer(selfSigned());
    expect(await failure(url, { all_proxy: `https://127.0.0.1:${own}` })).to.match(
      new RegExp(
        `^TLS with the proxy 127\\.0\\.0\\.1:${own} \\(all_proxy\\) failed: .*self-signed`,
      ),
    );
  });

  it('NO_PROXY is named where it decided', async () => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1', no_proxy: '127.0.0.1' };
    expect(await failure('https://127.0.0.1:1/', env)).to.equal(
      'connection refused by 127.0.0.1:1, directly: no_proxy exempts it from HTTPS_PROXY',
    );
  });

  it('names of a certificate are bounded and printable', () => {
    const names = ['DNS:a.example', 'DNS:\u001b[2Jb', 'IP Address:10.0.0.1', 'DNS:c', 'DNS:d'];
    const cert = { subjectaltname: names.join(', ') };
    expect(tlsFailure({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', cert })).to.equal(
      'its certificate is for another host (a.example, 10.0.0.1, c and 1 more)',
    );
  });

  it('a code that is not known is no message', () => {
    const message = 'C0:error:0A000126:SSL routines:x:SSL alert number 86';
    expect(tlsFailure({ code: 'ERR_SSL_SOMETHING', message })).to.equal(
      'the handshake did not work (TLS alert 86)',
    );
  });

  it('where a client certificate is configured, it is not said that none was sent', () => {
    const said = (message: string) => tlsFailure({ code: 'EPROTO', message }, true);
    expect(said('tlsv13 alert certificate required')).to.match(/took ours for none/);
    expect(said('sslv3 alert handshake failure')).to.match(/does not accept our client/);
    expect(said('alert unknown ca')).to.equal('it does not accept our certificate');
  });

  function caFile({ cert }: SelfSigned): string {
    const file = path.join(folder, 'ca.pem');
    writeFileSync(file, cert);
    return file;
  }

  async function failure(url: string, given: string | NodeJS.ProcessEnv = {}): Promise<string> {
    const transport = typeof given === 'string' ? { env: {}, caFile: given } : { env: given };
    const client = new HttpClient({ ...transport, deadlineMs: 5_000 });
    const answer = await client.request({ method: 'GET', url, headers: {}, signal: never() });
    client.close();
    const said = 'failure' in answer ? answer.failure : `an answer: ${answer.status}`;
    expect(said).to.not.match(CODES);
    return said;
  }
});

async function tlsServer(identity: SelfSigned, options: https.ServerOptions = {}): Promise<number> {
  const server = https.createServer({ ...identity, ...options }, (_, response) => response.end());
  server.on('tlsClientError', () => undefined);
  return listeningUntilDone(server);
}

async function listeningUntilDone(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  closeAfterTest(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return listening(server);
}
