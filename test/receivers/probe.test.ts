import https from 'node:https';
import net from 'node:net';
import { expect } from 'chai';
import type { TargetSettings } from '../../src/config/target-settings.js';
import { type ProbeReport, probe } from '../../src/receivers/probe/probe.js';
import { SECRET } from '../catalogue/plain-receivers.js';
import { probed } from '../catalogue/probed.js';
import {
  type CatalogueReceiver,
  type Incoming,
  onLoopback,
  startReceiverOf,
} from '../catalogue/receiver.js';
import { oneOf } from '../catalogue/requests.js';
import { never } from './events.js';
import { selfSigned } from './self-signed.js';
import { connectProxy } from './transport/connect-proxy.js';

const OPTIONS = { signal: never(), now: () => Date.now() };

const probeAt = (url: string, settings: TargetSettings = {}, env: NodeJS.ProcessEnv = {}) =>
  probe(probed(url, settings, env), OPTIONS);

async function probeOf(
  receive: CatalogueReceiver['receive'],
  settings: TargetSettings = {},
  env: NodeJS.ProcessEnv = {},
) {
  const running = await startReceiverOf({ receive });
  return { running, report: await probeAt(running.url, settings, env) };
}

function only({ works, findings }: ProbeReport) {
  expect(findings).to.have.length(1);
  return { works, ...findings[0] };
}

describe('probing a target', () => {
  it('no route: a refused connection, a host that nobody knows', async () => {
    const refused = only(await probeAt('http://127.0.0.1:1/in'));
    expect(refused).to.include({ code: 'no_route', severity: 'error', works: false });
    expect(refused.message).to.match(
      /^Connection refused by 127\.0\.0\.1:1\. Compare host and port/,
    );
    expect(only(await probeAt('http://nobody.invalid/in')).code).to.equal('no_route');
  });

  it('TLS: a certificate that is not trusted; https is spoken where http is configured', async () => {
    const port = await onLoopback(https.createServer(selfSigned(), (_, answer) => answer.end()));
    const untrusted = only(await probeAt(`https://127.0.0.1:${port}/in`));
    expect(untrusted.code).to.equal('tls');
    expect(untrusted.message).to.match(/self-signed/);
    const alert = net.createServer((socket) => socket.end(Buffer.from('15030300020246', 'hex')));
    alert.listen(0, '127.0.0.1');
    await new Promise((resolve) => alert.once('listening', resolve));
    const at = (alert.address() as net.AddressInfo).port;
    const spoken = only(await probeAt(`http://127.0.0.1:${at}/in`));
    alert.close();
    expect(spoken).to.include({ code: 'tls', setting: `url=https://127.0.0.1:${at}/in` });
  });

  it('a proxy that wants a password', async () => {
    const proxy = await connectProxy({
      answer: 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n',
    });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    const refused = only(await probeAt('https://receiver.test/in', {}, env));
    expect(refused.code).to.equal('proxy');
    expect(refused.message).to.match(/answered HTTP 407/);
  });

  it('a variable that is not set: nothing is sent', async () => {
    const { running, report } = await probeOf(() => ({ status: 204 }), { authEnv: 'NO_SUCH' });
    expect(only(report).code).to.equal('not_ready');
    expect(report.findings[0]?.message).to.match(/NO_SUCH/);
    expect(running.requests).to.have.length(0);
  });

  it('says which format fits', async () => {
    const one = (request: Incoming) =>
      'events' in oneOf(request).value || !request.headers['webhook-id']
        ? { status: 422, body: { error: 'one event, please' } }
        : { status: 204 };
    const { report } = await probeOf(one);
    expect(only(report)).to.include({ code: 'refused', setting: 'format=webhook', works: false });
    expect(report.findings[0]?.message).to.match(/one event, please\. It takes the canaries with/);
  });

  it('an event has a limit where it travels alone', async () => {
    const { report } = await probeOf(
      ({ raw }) => (raw.length > 300_000 ? { status: 413, body: 'too large' } : { status: 204 }),
      { format: 'webhook' },
    );
    expect(only(report)).to.include({ code: 'size_limit', setting: null, works: true });
    expect(report.facts.largest_bytes).to.be.within(270_000, 300_000);
  });

  it('refuses what it has already', async () => {
    const known = new Set<string>();
    const { report } = await probeOf(
      (request) => {
        const { id } = oneOf(request);
        if (known.has(id)) return { status: 409, body: 'seen before' };
        known.add(id);
        return { status: 201 };
      },
      { format: 'webhook' },
    );
    expect(only(report)).to.include({ code: 'resend_refused', works: true });
  });

  it('a redirect to another path of the same server can be typed', async () => {
    const { report, running } = await probeOf(() => ({
      status: 308,
      headers: { location: '/in/' },
    }));
    const { origin } = new URL(running.url);
    expect(only(report)).to.include({ code: 'redirect', setting: `url=${origin}/in/` });
  });

  it('signs as the target is configured, and names the variable when that is refused', async () => {
    const { report } = await probeOf(
      () => ({ status: 401, body: 'signature does not match' }),
      { format: 'webhook', secretEnv: ['HOOK_SECRET'] },
      { HOOK_SECRET: SECRET },
    );
    expect(only(report)).to.include({ code: 'signature', works: false });
    expect(report.findings[0]?.message).to.match(/HOOK_SECRET/);
  });

  it('shows no secret that a receiver sends back', async () => {
    const env = { TOKEN: 's3cret-token', KEY: 's3cret-key' };
    const receive = ({ headers, path }: Incoming) => ({
      status: 403,
      headers: { location: path },
      body: { error: `no ${headers.authorization} for ${path}` },
    });
    const running = await startReceiverOf({ receive });
    const url = `${running.url}?key=\${KEY}`;
    const report = await probeAt(url, { authEnv: 'TOKEN' }, env);
    expect(running.requests[0]?.path).to.include('s3cret-key');
    expect(JSON.stringify(report)).to.not.include('s3cret');
    expect(only(report).code).to.equal('unauthorized');
  });

  it('light: one canary, and nothing large', async () => {
    const running = await startReceiverOf({ receive: () => ({ status: 204 }) });
    const report = await probe(probed(running.url, { format: 'webhook' }), {
      ...OPTIONS,
      isLight: true,
    });
    expect(report).to.include({ works: true });
    expect(running.requests).to.have.length(1);
  });

  it('ends when it is interrupted', async () => {
    const controller = new AbortController();
    const running = await startReceiverOf({
      receive: () => {
        controller.abort();
        return 'silence';
      },
    });
    const ended = probe(probed(running.url, {}), { ...OPTIONS, signal: controller.signal });
    await ended.then(
      () => expect.fail('it went on'),
      (error: Error) => expect(error.name).to.equal('AbortError'),
    );
  });
});
