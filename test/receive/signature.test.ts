import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import { rounds } from '../support/rounds.js';
import { type GivenReceiver, givenReceiver } from './given-receiver.js';

const CASES = rounds(1_000, 10_000);
const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

interface Signed {
  id: string;
  timestamp: string;
  body: string;
  signature: string;
}

function signedBy(secret: string, id: string, at = Date.now()): Signed {
  const body = JSON.stringify({ id, amount: 100, note: 'é�' });
  const signature = new Webhook(secret).sign(id, new Date(at), body);
  return { id, timestamp: String(Math.floor(at / 1000)), body, signature };
}

function posted({ post }: GivenReceiver, { id, timestamp, body, signature }: Signed, raw?: Buffer) {
  return post(raw ?? body, {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature,
  });
}

describe('a signed webhook', () => {
  it(`is taken ${CASES} of ${CASES} times as the library \`standardwebhooks\` signs it, while secrets change`, async () => {
    const secrets = [newSecret(), newSecret()];
    const given = givenReceiver({ secret: secrets });
    for (let n = 0; n < CASES; n += 1) {
      const { status } = await posted(given, signedBy(secrets[n % 2]!, `e-${n}`));
      expect(status).to.equal(200);
    }
    expect(given.events).to.have.length(CASES);
  });

  it(`is refused ${CASES} of ${CASES} times when body, time, id or signature was changed`, async () => {
    const secret = newSecret();
    const given = givenReceiver({ secret });
    const random = seededRandom(Number(process.env.REDRAIN_TEST_SEED ?? 1));
    for (let n = 0; n < CASES; n += 1) {
      const original = signedBy(secret, `event-${n}`);
      const key = (['id', 'timestamp', 'body', 'signature'] as const)[n % 4]!;
      const tampered = { ...original, [key]: changed(original[key], random) };
      const { status, body } = await posted(given, tampered);
      expect([status, key, tampered[key]]).to.deep.equal([401, key, tampered[key]]);
      expect(body.error).to.be.a('string').that.does.not.contain(secret);
    }
    expect(given.events).to.have.length(0);
  });

  it('is refused where a lenient reader would take it: time with a tail, bytes that are no text', async () => {
    const secret = newSecret();
    const given = givenReceiver({ secret });
    const original = signedBy(secret, 'e');
    for (const timestamp of [
      `${original.timestamp}x`,
      `0${original.timestamp}`,
      `${original.timestamp}.5`,
    ])
      expect((await posted(given, { ...original, timestamp })).status).to.equal(401);
    const bytes = Buffer.from(original.body);
    const at = bytes.indexOf('\u{fffd}');
    const raw = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]);
    expect(raw.toString(), 'it reads the same').to.equal(original.body);
    expect((await posted(given, original, raw)).status).to.equal(401);
    expect((await posted(given, original)).status).to.equal(200);
  });

  it('is refused five minutes too early and too late, and says by how much', async () => {
    const secret = newSecret();
    const now = Date.UTC(2026, 10, 1);
    const given = givenReceiver({ secret, now: () => now });
    for (const [offsetS, status] of [
      [-301, 401],
      [-300, 200],
      [300, 200],
      [301, 401],
    ] as const) {
      const answer = await posted(given, signedBy(secret, `at${offsetS}`, now + offsetS * 1000));
      expect([offsetS, answer.status]).to.deep.equal([offsetS, status]);
      if (status === 401) expect(answer.body.error).to.contain('301 s');
    }
  });

  it('is refused without its headers, before any of its body is read', async () => {
    const { handler } = givenReceiver({ secret: newSecret() });
    const body = new ReadableStream(
      {
        pull() {
          throw new Error('it was read');
        },
      },
      { highWaterMark: 0 },
    );
    const request = new Request('http://x.example/', {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit);
    expect((await handler(request)).status).to.equal(401);
  });

  it('is taken when it is signed with Ed25519, by the public or the private key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const seed = rawKey(privateKey, 'd');
    const point = rawKey(publicKey, 'x');
    for (const secret of [
      `whpk_${point.toString('base64')}`,
      `whsk_${seed.toString('base64')}`,
      `whsk_${Buffer.concat([seed, point]).toString('base64')}`,
    ]) {
      const given = givenReceiver({ secret: [newSecret(), secret] });
      const unsigned = signedBy(newSecret(), 'e');
      const text = `${unsigned.id}.${unsigned.timestamp}.${unsigned.body}`;
      const bytes = sign(null, Buffer.from(text), privateKey).toString('base64');
      const both = { ...unsigned, signature: `v1,AAAA v1a,${bytes} v2,x` };
      expect((await posted(given, both)).status).to.equal(200);
      expect((await posted(given, { ...both, body: `${both.body} ` })).status).to.equal(401);
      expect((await posted(given, { ...both, signature: `v1,${bytes}` })).status).to.equal(401);
    }
  });

  it('is taken when it was compressed: what was signed is what it decodes to', async () => {
    const { gzipSync } = await import('node:zlib');
    const secret = newSecret();
    const { post } = givenReceiver({ secret });
    const { id, timestamp, body, signature } = signedBy(secret, 'e');
    const { status } = await post(gzipSync(body), {
      'content-encoding': 'gzip',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    });
    expect(status).to.equal(200);
  });
});

describe('what a receiver is given to know its senders by', () => {
  it('is one of several tokens, or a signature', async () => {
    const secret = newSecret();
    const given = givenReceiver({ secret, token: ['old', 'new'] });
    const type = { 'content-type': 'application/json' };
    for (const [authorization, status] of [
      ['Bearer old', 200],
      ['bearer new', 200],
      ['Bearer other', 401],
      ['Basic old', 401],
    ] as const)
      expect((await given.post('{"events":[]}', { ...type, authorization })).status).to.equal(
        status,
      );
    expect((await posted(given, signedBy(secret, 'e'))).status).to.equal(200);
  });

  it('is refused when it is there and empty: a variable that is not set opens no door', () => {
    for (const credentials of [
      { secret: undefined },
      { token: '' },
      { secret: [] },
      { token: ['a', ''] },
      { secret: 'whsec_' },
      { secret: 'no base64!' },
      { secret: 'whpk_AAAA' },
    ])
      expect(() => givenReceiver(credentials)).to.throw(TypeError);
  });
});

/** Another text of the same kind: one character is changed, added or taken away. */
function changed(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const other = /\d/.test(text[at]!)
    ? String((Number(text[at]) + 1) % 10)
    : text[at] === 'a'
      ? 'b'
      : 'a';
  const [head, tail] = [text.slice(0, at), text.slice(at + 1)];
  const kinds = [head + other + tail, head + text[at] + other + tail, head + tail];
  return kinds[Math.floor(random() * kinds.length)]!;
}

function rawKey(key: KeyObject, member: 'd' | 'x'): Buffer {
  return Buffer.from(String(key.export({ format: 'jwk' })[member]), 'base64url');
}
