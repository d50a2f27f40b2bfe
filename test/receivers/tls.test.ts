import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import { HttpClient } from '../../src/receivers/http-client.js';
import type { TransportSettings } from '../../src/receivers/transport/network.js';
import { clientCertificateFault } from '../../src/receivers/transport/trust.js';
import { never } from './events.js';
import { selfSigned } from './self-signed.js';

describe('HttpClient over TLS', () => {
  const { key, cert } = selfSigned();
  let folder: string;
  let caFile: string;
  let server: https.Server;
  let port: number;

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'redrain-tls-'));
    caFile = path.join(folder, 'ca.pem');
    writeFileSync(caFile, cert);
    server = https.createServer({ key, cert }, (_, response) => response.end('over TLS'));
    port = await listen(server);
  });

  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  async function ask(
    transport: Partial<TransportSettings>,
    host = '127.0.0.1',
  ): Promise<HttpAnswer> {
    const client = new HttpClient({ env: {}, deadlineMs: 5_000, ...transport });
    const url = `https://${host}:${port}/`;
    const answer = await client.request({ method: 'GET', url, headers: {}, signal: never() });
    client.close();
    return answer;
  }

  it('refuses a certificate that no known authority signed', async () => {
    expect(await ask({}))
      .to.have.property('failure')
      .that.match(/^TLS with 127\.0\.0\.1:\d+ failed: its certificate is self-signed; .*ca_file/);
  });

  it('trusts certificates that an authority of the CA file signed', async () => {
    expect(await ask({ caFile })).to.include({ status: 200 });
  });

  it('still wants the certificate to be for that host', async () => {
    expect(await ask({ caFile }, 'localhost')).to.deep.equal({
      failure: `TLS with localhost:${port} failed: its certificate is for another host (127.0.0.1)`,
      kind: 'tls',
    });
  });

  it('fails with a reason when the CA file is unusable', async () => {
    const notPem = path.join(folder, 'not.pem');
    writeFileSync(notPem, 'hello');
    expect(await ask({ caFile: notPem }))
      .to.have.property('failure')
      .that.includes('PEM certificate');
    expect(await ask({ caFile: `${notPem}.gone` }))
      .to.have.property('failure')
      .that.includes('ENOENT');
  });

  it('says when the other side does not speak TLS', async () => {
    const plain = net.createServer((socket) => socket.end('hello'));
    const plainPort = await listen(plain);
    const client = new HttpClient({ env: {}, deadlineMs: 5_000 });
    const url = `https://127.0.0.1:${plainPort}/`;
    const answer = await client.request({ method: 'GET', url, headers: {}, signal: never() });
    client.close();
    plain.close();
    expect(answer)
      .to.have.property('failure')
      .that.matches(/^TLS with/);
  });

  describe('through a proxy', () => {
    let proxy: http.Server;
    let proxyPort: number;
    let asked: { target: string; authorization: string | undefined }[];
    let refuses: boolean;

    beforeEach(async () => {
      asked = [];
      refuses = false;
      proxy = http.createServer();
      proxy.on('connect', (request, socket) => {
        asked.push({
          target: request.url ?? '',
          authorization: request.headers['proxy-authorization'],
        });
        if (refuses) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        const upstream = net.connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          upstream.pipe(socket).pipe(upstream);
        });
        for (const end of [upstream, socket]) end.on('error', () => {});
      });
      proxyPort = await listen(proxy);
    });

    afterEach(() => {
      proxy.closeAllConnections();
      proxy.close();
    });

    it('tunnels what HTTPS_PROXY says, and verifies the server behind it', async () => {
      const env = { HTTPS_PROXY: `http://user:pass@127.0.0.1:${proxyPort}` };
      expect(await ask({ env, caFile })).to.include({ status: 200 });
      expect(asked).to.deep.equal([
        {
          target: `127.0.0.1:${port}`,
          authorization: `Basic ${Buffer.from('user:pass').toString('base64')}`,
        },
      ]);
      expect(await ask({ env }))
        .to.have.property('failure')
        .that.includes('self-signed');
    });

    it('connects directly to hosts in NO_PROXY', async () => {
      const env = { https_proxy: `127.0.0.1:${proxyPort}`, NO_PROXY: 'example.org, 127.0.0.1' };
      expect(await ask({ env, caFile })).to.include({ status: 200 });
      expect(asked).to.deep.equal([]);
    });

    it('never shows the password of a proxy', async () => {
      refuses = true;
      const env = { HTTPS_PROXY: `http://user:hunter22@127.0.0.1:${proxyPort}` };
      expect(JSON.stringify(await ask({ env, caFile }))).to.not.include('hunter22');
      const broken = { HTTPS_PROXY: 'socks5://user:hunter22@127.0.0.1' };
      expect(await ask({ env: broken }))
        .to.have.property('failure')
        .that.includes('HTTPS_PROXY');
    });
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    describe(`a server that wants a client certificate, ${maxVersion}`, () => {
      const ours = selfSigned();
      const files = { clientCert: '', clientKey: '' };
      let strict: https.Server;
      let usual: number;

      before(async () => {
        usual = port;
        files.clientCert = path.join(folder, `${maxVersion}-client.pem`);
        files.clientKey = path.join(folder, `${maxVersion}-client.key`);
        writeFileSync(files.clientCert, ours.cert);
        writeFileSync(files.clientKey, ours.key);
        const wants = { requestCert: true, rejectUnauthorized: true, ca: ours.cert };
        strict = https.createServer({ key, cert, ...wants, maxVersion }, (_, response) =>
          response.end('known'),
        );
        port = await listen(strict);
      });

      after(async () => {
        port = usual;
        strict.closeAllConnections();
        await new Promise((resolve) => strict.close(resolve));
      });

      it('answers with one', async () => {
        expect(await ask({ caFile, ...files })).to.include({ status: 200 });
      });

      it('without one the message says that it wants one, and which settings name it', async () => {
        expect(await ask({ caFile }))
          .to.have.property('failure')
          .that.matches(/wants a client certificate.*client_cert and client_key/);
      });

      it('with another there is no answer, and it is not said that none was sent', async () => {
        const other = selfSigned();
        const otherFiles = {
          clientCert: path.join(folder, 'other.pem'),
          clientKey: path.join(folder, 'other.key'),
        };
        writeFileSync(otherFiles.clientCert, other.cert);
        writeFileSync(otherFiles.clientKey, other.key);
        expect(await ask({ caFile, ...otherFiles }))
          .to.have.property('failure')
          .that.does.not.match(/sends none/);
      });
    });

  describe('files of a client certificate', () => {
    const { key: ourKey, cert: ourCert } = selfSigned();
    const fault = (clientCert?: string, clientKey?: string) =>
      clientCertificateFault({ clientCert, clientKey });

    it('that cannot be used are named', () => {
      const file = (name: string, text: string) => {
        writeFileSync(path.join(folder, name), text);
        return path.join(folder, name);
      };
      const certFile = file('own.pem', ourCert);
      const keyFile = file('own.key', ourKey);
      expect(fault()).to.equal(undefined);
      expect(fault(certFile, keyFile)).to.equal(undefined);
      expect(fault(file('both.pem', ourCert + ourKey))).to.equal(undefined);
      expect(fault(undefined, keyFile)).to.match(/client_cert is not/);
      expect(fault(certFile)).to.match(/own\.pem holds no PEM private key/);
      expect(fault(keyFile, keyFile)).to.match(/own\.key holds no PEM certificate/);
      expect(fault(path.join(folder, 'absent'), keyFile)).to.match(/absent/);
      expect(fault(certFile, file('else.key', selfSigned().key))).to.match(/is not the key of/);
    });
  });
});

function listen(server: net.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
