import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { Secret } from '../../../src/config/secret.js';
import type { DeliveryReport } from '../../../src/dispatch/ports.js';
import { anEvent, never } from '../events.js';
import type { ScriptedAnswer } from '../scripted-server.js';
import { givenReceiver } from './given-receiver.js';

const OLD = `whsec_${Buffer.from('the old key, of 24 bytes').toString('base64')}`;
const NEW = `whsec_${Buffer.from('the new key, of 24 bytes').toString('base64')}`;
const keys = (...values: string[]) =>
  values.map((value, index) => ({ variable: `KEY_${index}`, value: new Secret(value) }));

const webhook = { format: 'webhook' } as const;
const NOW = Date.UTC(2026, 10, 26, 12, 0, 0, 999);

describe('format = "webhook"', () => {
  it('is the payload, byte for byte, under the id of the event and the time of the attempt', async () => {
    const { receiver, server } = await givenReceiver({ ...webhook, now: () => NOW });
    const bytes = Buffer.from('{ "event_id":"o-1",  "n": 1.00, "ä":"\\u00e4" }\n');
    const report = await receiver.deliver([anEvent('o-1', { bytes })], never());
    expect(report.outcomes).to.deep.equal([{ kind: 'success' }]);
    const { headers, body } = server.seen[0]!;
    expect(body.equals(bytes)).to.equal(true);
    expect(headers).to.include({
      'webhook-id': 'o-1',
      'webhook-timestamp': String(Math.floor(NOW / 1000)),
      'content-type': 'application/json',
      'user-agent': 'redrain/1.2.3',
    });
    expect(headers).to.not.have.any.keys(
      'webhook-signature',
      'content-encoding',
      'redrain-generation',
    );
  });

  it('bytes that are not JSON are labelled as what they are', async () => {
    const { receiver, server } = await givenReceiver(webhook);
    const event = anEvent('o', { bytes: Buffer.from([0xff, 0x00, 0x0a]), carriesOwnId: false });
    expect(receiver.unsendable(event)).to.equal(undefined);
    await receiver.deliver([event], never());
    expect(server.seen[0]?.headers['content-type']).to.equal('application/octet-stream');
  });

  it('is verified by the library of Standard Webhooks, with either key while one takes the place of the other', async () => {
    const { receiver, server } = await givenReceiver({ ...webhook, secrets: keys(NEW, OLD) });
    await receiver.deliver([anEvent('o-1')], never());
    const { headers, body } = server.seen[0]!;
    const signed = headers as Record<string, string>;
    expect(signed['webhook-signature']).to.match(/^v1,\S+ v1,\S+$/);
    for (const key of [OLD, NEW]) new Webhook(key).verify(body, signed);
    const changes = [
      [Buffer.from(`${body} `), signed],
      [body, { ...signed, 'webhook-id': 'o-2' }],
      [body, { ...signed, 'webhook-timestamp': `${Number(signed['webhook-timestamp']) + 1}` }],
    ] as const;
    for (const [changed, given] of changes)
      expect(() => new Webhook(NEW).verify(changed, given)).to.throw('No matching signature');
  });

  it('is signed by Ed25519 with a whsk_ key, of 32 bytes or of 64', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    const open = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const both = [seed, Buffer.concat([seed, open])];
    for (const key of both) {
      const secrets = keys(`whsk_${key.toString('base64')}`);
      const { receiver, server } = await givenReceiver({ ...webhook, secrets });
      await receiver.deliver([anEvent('o-1')], never());
      const { headers, body } = server.seen[0]!;
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const [version, signature = ''] = String(headers['webhook-signature']).split(',');
      expect(version).to.equal('v1a');
      const known = createPublicKey(privateKey);
      expect(verify(null, Buffer.from(signed), known, Buffer.from(signature, 'base64'))).to.equal(
        true,
      );
    }
  });

  for (const key of ['', 'whsec_', 'whsec_%%', 'plain text', 'whsk_AAAA', 'whpk_AAAA'])
    it(`does not leave unsigned: "${key}" is no key, and is not shown`, async () => {
      const { receiver, server } = await givenReceiver({ ...webhook, secrets: keys(key) });
      const gate = await receiver.closedGate();
      expect(gate?.reason).to.equal('missing_auth');
      expect(gate?.message).to.include('KEY_0').and.include('whsec_');
      if (key !== '') expect(gate?.message.replace(/whsec_ or whsk_/, '')).to.not.include(key);
      const report = await receiver.deliver([anEvent('o')], never());
      expect(report).to.include({ blocked: 'missing_auth', bytesSent: 0 });
      expect(server.seen).to.deep.equal([]);
    });

  it('a key that comes back in an answer is not shown', async () => {
    const body = JSON.stringify({ error: `no key ${OLD}` });
    const { receiver } = await givenReceiver({ ...webhook, secrets: keys(OLD) }, () => ({
      status: 500,
      body,
    }));
    const report = await receiver.deliver([anEvent('o')], never());
    expect(report.error).to.equal('HTTP 500 Internal Server Error: no key [secret]');
  });

  const IDS: [id: string, sent: string][] = [
    ['a plain-id.1', 'a plain-id.1'],
    ['50%', '50%'],
    ['é', '%C3%A9'],
    ['%C3%A9', '%25C3%25A9'],
    [' blank', '%20blank'],
    ['line\nbreak', 'line%0Abreak'],
  ];
  for (const [id, sent] of IDS)
    it(`the id ${JSON.stringify(id)} is sent as ${sent}`, async () => {
      const { receiver, server } = await givenReceiver({ ...webhook, secrets: keys(OLD) });
      await receiver.deliver([anEvent(id)], never());
      const { headers, body } = server.seen[0]!;
      expect(headers['webhook-id']).to.equal(sent);
      new Webhook(OLD).verify(body, headers as Record<string, string>);
    });

  it('says which replay it belongs to', async () => {
    const { receiver, server } = await givenReceiver(webhook);
    await receiver.deliver([anEvent('o', { generation: 3 })], never());
    expect(server.seen[0]?.headers['redrain-generation']).to.equal('3');
  });

  it('an operator cannot set a header that the format gives', async () => {
    const headers = { 'Webhook-ID': new Secret('x') };
    const { receiver } = await givenReceiver({ ...webhook, headers });
    expect(await receiver.closedGate()).to.deep.include({ reason: 'config_unreadable' });
    const { receiver: batch } = await givenReceiver({ headers });
    expect(await batch.closedGate()).to.equal(undefined);
  });

  it('many requests at once: 8, or as many as are set', async () => {
    expect((await givenReceiver(webhook)).receiver.requestsAtOnce).to.equal(8);
    const wide = await givenReceiver({ ...webhook, concurrency: 32 });
    expect(wide.receiver.requestsAtOnce).to.equal(32);
    expect((await givenReceiver({})).receiver.requestsAtOnce).to.equal(undefined);
  });

  const ANSWERS: [what: string, answer: ScriptedAnswer, expected: Partial<DeliveryReport>][] = [
    ['410 is gone for good', { status: 410, body: 'gone' }, { httpStatus: 410 }],
    [
      '429 slows down',
      { status: 429, headers: { 'retry-after': '7' } },
      { slowDown: true, retryAfterMs: 7_000 },
    ],
    ['502 slows down', { status: 502 }, { slowDown: true }],
    ['504 slows down', { status: 504 }, { slowDown: true }],
    ['503 does not', { status: 503, headers: { 'retry-after': '9' } }, { retryAfterMs: 9_000 }],
  ];
  for (const [what, answer, expected] of ANSWERS)
    it(what, async () => {
      const { receiver } = await givenReceiver(webhook, () => answer);
      const report = await receiver.deliver([anEvent('o')], never());
      expect(report).to.include(expected);
      expect(report.outcomes[0]?.kind).to.equal('transient');
      expect(report.gone === undefined).to.equal(answer.status !== 410);
      expect(report.slowDown === true).to.equal(expected.slowDown === true);
    });

  it('400 rejects the event, 413 refuses it for good', async () => {
    for (const [status, kind] of [
      [400, 'rejected'],
      [413, 'terminal_failed'],
    ] as const) {
      const { receiver } = await givenReceiver(webhook, () => ({ status, body: 'no' }));
      const report = await receiver.deliver([anEvent('o')], never());
      expect(report.outcomes[0] ?? report.ifAlone).to.have.property('kind', kind);
    }
  });
});
