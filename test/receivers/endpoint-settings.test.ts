import { expect } from 'chai';
import { Address } from '../../src/address/address.js';
import { givenSettings } from '../../src/receivers/external/settings.js';
import { ExternalReceiver } from '../../src/receivers/external-receiver.js';
import type { TargetSettings } from '../../src/targets/registry.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { eventsFor, never } from './events.js';
import { scriptedServer } from './scripted-server.js';

const ENV = { KEY: 'a key & more', HEADER: 'header-value', TYPE: 'application/vnd.x+json' };

function receiverOf(endpoint: string, settings: TargetSettings = {}, env = ENV): ExternalReceiver {
  const given = givenSettings(new Address(endpoint), settings, env);
  const transport = { env: {}, deadlineMs: 2_000 };
  const receiver = new ExternalReceiver({ ...given, ack: 'status', version: '1', transport });
  closeAfterTest(() => receiver.close());
  return receiver;
}

describe('a key in the query that comes from a variable', () => {
  it('is filled in for the request, as the server is to read it', async () => {
    const server = await scriptedServer(() => ({ status: 200 }));
    closeAfterTest(() => server.close());
    await receiverOf(`${server.url}/in?a=1&key=\${KEY}#x`).deliver(eventsFor(['a']), never());
    const path = server.seen[0]?.path ?? '';
    expect(path).to.equal('/in?a=1&key=a%20key%20%26%20more');
    expect(new URL(path, server.url).searchParams.get('key')).to.equal(ENV.KEY);
  });

  it('closes the gate and is named while it is not set', async () => {
    const gate = await receiverOf(`https://h.example/?key=\${MISSING_KEY}`).closedGate();
    expect(gate?.reason).to.equal('missing_auth');
    expect(gate?.message).to.match(/variable MISSING_KEY is not set: .* key in the query/);
  });

  it('may not stand in host or path', async () => {
    const gate = await receiverOf(`https://h.example/\${KEY}/in`).closedGate();
    expect(gate?.message).to.match(/variable in its host or path/);
  });
});

describe('what comes from a variable', () => {
  const SECRETS: Readonly<Record<string, [query: string, settings: TargetSettings]>> = {
    'a header of any name': ['', { headers: { 'X-Anything': 'HEADER' } }],
    'a content type': ['', { headers: { 'Content-Type': 'TYPE' } }],
    'an Authorization value': ['', { authEnv: 'HEADER' }],
    'a key in the query': [`?key=\${KEY}`, {}],
  };
  for (const [name, [query, settings]] of Object.entries(SECRETS)) {
    it(`${name} needs https or loopback, before any socket`, async () => {
      const receiver = receiverOf(`http://h.example/in${query}`, settings);
      const gate = await receiver.closedGate();
      expect(gate?.reason).to.equal('missing_auth');
      expect(gate?.message).to.match(
        /would travel unencrypted to h\.example: use an https endpoint/,
      );
      const report = await receiver.deliver(eventsFor(['a']), never());
      expect(report).to.include({ bytesSent: 0, blocked: 'missing_auth' });
    });

    it(`${name} may go over https and to this machine`, async () => {
      for (const place of [
        'https://h.example/in',
        'http://127.0.0.1:9/in',
        'http://localhost:9/in',
      ])
        expect(await receiverOf(`${place}${query}`, settings).closedGate()).to.equal(undefined);
    });
  }
});

describe('headers of an operator', () => {
  it('are sent, those of ours too when they are set otherwise', async () => {
    const server = await scriptedServer(() => ({ status: 200 }));
    closeAfterTest(() => server.close());
    const headers = {
      'content-type': 'TYPE',
      'User-Agent': 'HEADER',
      Accept: 'HEADER',
      Cookie: 'HEADER',
    };
    await receiverOf(server.url, { headers }).deliver(eventsFor(['a']), never());
    expect(server.seen[0]?.headers).to.include({
      'content-type': ENV.TYPE,
      'user-agent': ENV.HEADER,
      accept: ENV.HEADER,
      cookie: ENV.HEADER,
    });
  });

  for (const name of [
    'Content-Encoding',
    'content-length',
    'HOST',
    'Transfer-Encoding',
    'Connection',
    'Accept-Encoding',
    'Expect',
    'Proxy-Authorization',
    'Upgrade',
    'TE',
  ])
    it(`${name} is refused, not dropped`, async () => {
      const gate = await receiverOf('https://h.example/', {
        headers: { [name]: 'HEADER' },
      }).closedGate();
      expect(gate?.reason).to.equal('config_unreadable');
      expect(gate?.message).to.match(new RegExp(`^the header ${name} cannot be set: `));
    });

  it('of one name in two spellings are refused', async () => {
    const headers = { 'X-Key': 'HEADER', 'x-KEY': 'KEY' };
    const gate = await receiverOf('https://h.example/', { headers }).closedGate();
    expect(gate?.message).to.equal('the header x-KEY is set twice');
  });

  it('auth_env goes before a header of that name', async () => {
    const server = await scriptedServer(() => ({ status: 200 }));
    closeAfterTest(() => server.close());
    const settings = { headers: { authorization: 'KEY' }, authEnv: 'HEADER' };
    await receiverOf(server.url, settings).deliver(eventsFor(['a']), never());
    expect(server.seen[0]?.headers.authorization).to.equal('Bearer header-value');
  });
});
