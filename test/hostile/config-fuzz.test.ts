import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { type ConfigDocument, readConfigDocument } from '../../src/config/document.js';
import { resolveHome } from '../../src/config/home.js';
import { CONFIG_KEYS } from '../../src/config/keys.js';
import { InvalidEventError, openRedrain, type Redrain } from '../../src/index.js';
import { lookupCredentials } from '../../src/spec-kitty/credentials/lookup.js';
import { rounds } from '../support/rounds.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { stateOf, temporaryHome } from '../support/temporary-home.js';

const MARKER = 'marker-of-a-secret';
const LONG = 'x'.repeat(100_000);

const names = fc.constantFrom(
  'x',
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  'é\\u0000',
  'unassigned',
  LONG,
);
const values = fc.oneof(
  fc.constantFrom(
    '""',
    '" "',
    '"TEAMSPACE"',
    '"EXTERNAL_RECEIVER"',
    '"OPT_OUT"',
    '"stub:"',
    '"https://user:pass@host.test/"',
    '"http://[::1"',
    '"javascript:alert(1)"',
    '"file:///etc/passwd"',
    '"\\u001b[2J\\u0000"',
    `"${LONG}"`,
    '0',
    '-1',
    '1',
    '1.5',
    '9223372036854775807',
    '123456789012345678901234567890',
    'inf',
    'nan',
    'true',
    'false',
    '1979-05-27T07:32:00Z',
    '[]',
    '[[]]',
    '["a", 1]',
    '["a.b|c"]',
    '{}',
    '{ enabled = "yes" }',
    '{ enabled = true }',
    '{ __proto__ = 1 }',
    `${'['.repeat(300)}${']'.repeat(300)}`,
  ),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
);
const keys = CONFIG_KEYS.flatMap(({ key }) => (key === null ? [] : [key]));
const keyPath = fc
  .tuple(
    fc.constantFrom(...keys, 'sync', 'sync.external', 'sync.projects', 'sync.http', 'other'),
    names,
  )
  .map(([key, name]) =>
    key
      .split('.')
      .map((part) => (part === '*' ? `"${name}"` : part))
      .join('.'),
  );
const line = fc.tuple(keyPath, values).map(([path, value]) => `${path} = ${value}`);
const junk = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const spot = fc.double({ min: 0, max: 1, noNaN: true });

/** A document of known keys with values of every type, some of them damaged. */
const anyToml = (base: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(base, fc.option(fc.tuple(spot, junk), { freq: 3 }), fc.option(spot, { freq: 6 }))
    .map(([text, insert, cut]) => {
      let bytes = Buffer.from(text);
      if (insert !== null) {
        const at = Math.floor(insert[0] * bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, at), insert[1], bytes.subarray(at)]);
      }
      return cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length));
    });

const config = anyToml(
  fc
    .uniqueArray(line, { maxLength: 4, selector: (one) => one.split(' = ')[0] })
    .map((lines) => lines.join('\n')),
);

/** What a broken address or two servers come to: documented, with a sentence for people. */
const SAID = ['UnusableUrlError', 'SplitBrainError', 'ConfigUnreadableError', 'StorageUrlError'];

async function kindOf(work: Promise<{ kind: string }>): Promise<string> {
  try {
    return (await work).kind;
  } catch (error) {
    if (error instanceof InvalidEventError) return 'invalid';
    throw error;
  }
}

async function drainedOrSaid(redrain: Redrain): Promise<Record<string, unknown>> {
  try {
    return { ...(await redrain.drain()) };
  } catch (error) {
    const { name, message } = error as Error;
    expect(SAID, message).to.include(name);
    return { refused: message };
  }
}

describe('config.toml with anything in it', () => {
  it('is understood or closes delivery; capture works, and not a byte of it changes', async () => {
    const home = temporaryHome();
    const path = join(home, 'config.toml');
    mkdirSync(stateOf(home), { recursive: true, mode: 0o700 });
    const token = `[servers."https://a.test"]\naccess = "${MARKER}"\n`;
    writeFileSync(join(stateOf(home), 'credentials.toml'), token);
    const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', SINK: MARKER };
    let n = 0;
    await fc.assert(
      fc.asyncProperty(config, async (bytes) => {
        writeFileSync(path, bytes);
        const document: ConfigDocument = await readConfigDocument(path);
        const receiver = new ScriptedReceiver();
        const redrain = await openRedrain({ home, env, receiver: () => receiver });
        try {
          const event = { event_id: `e${n++}`, event_type: 'T' };
          const kind = await kindOf(redrain.capture(event));
          // Where the journal has a place that cannot be, events wait in the spool.
          const waits = bytes.includes('storage.url') ? ['spooled'] : [];
          expect(kind).to.be.oneOf(['captured', 'discarded', 'audited', 'invalid', ...waits]);
          if (document.state === 'unreadable') expect(kind).to.equal('captured');
          const drained = await drainedOrSaid(redrain);
          if (document.state === 'unreadable') {
            expect(drained).to.include({ blocked_reason: 'config_unreadable', posts: 0 });
            expect(receiver.posts).to.deep.equal([]);
            expect(document.reason.length).to.be.below(1_000);
          }
          // A number beyond 2^53 is a bigint in what was read.
          const spelled = (_: string, value: unknown): unknown =>
            typeof value === 'bigint' ? String(value) : value;
          const said = JSON.stringify([document, drained, await redrain.status()], spelled);
          expect(said).to.not.include(MARKER);
        } finally {
          await redrain.close();
        }
        expect(readFileSync(path).equals(bytes), 'the file is as it was').to.equal(true);
      }),
      { numRuns: rounds(40, 5_000) },
    );
  });
});

describe('credentials with anything in them', () => {
  const field = fc.constantFrom(
    'access',
    'refresh',
    'access_expires_at',
    'refresh_expires_at',
    'username',
    'team_slug',
    'url',
    '__proto__',
  );
  const section = fc.constantFrom(
    '[servers."https://a.test"]',
    '[servers."https://a.test/"]',
    '[servers."__proto__"]',
    '[servers."not a url"]',
    '[[servers]]',
    '[tokens]',
    '[user]',
    '[server]',
    'servers = 7',
  );
  const value = fc.oneof(values, fc.constant(`"${MARKER}"`), fc.constant('"https://a.test"'));
  const part = fc
    .tuple(
      section,
      fc.uniqueArray(fc.tuple(field, value), { maxLength: 4, selector: ([name]) => name }),
    )
    .map(([head, fields]) => [head, ...fields.map(([name, is]) => `${name} = ${is}`)].join('\n'));
  const file = anyToml(
    fc
      .uniqueArray(part, { maxLength: 4, selector: (text) => text.split('\n')[0] })
      .map((parts) => parts.join('\n')),
  );

  it('give a token of theirs or none, and what is said of them holds no secret', async () => {
    const home = temporaryHome();
    const paths = resolveHome({ home, env: {} });
    mkdirSync(paths.state, { recursive: true, mode: 0o700 });
    await fc.assert(
      fc.asyncProperty(file, file, async (own, kitty) => {
        writeFileSync(paths.ownCredentials, own);
        writeFileSync(paths.credentials, kitty);
        const found = await lookupCredentials({
          paths,
          env: {},
          server: { url: 'https://a.test', takesEnvironmentToken: false },
        });
        if (found.state === 'absent') expect(found.advice).to.match(/redrain login/);
        else expect(found.token.reveal()).to.match(/^[^\s]+$/);
        expect(
          JSON.stringify(found.state === 'absent' ? [found.message, found.advice] : 'found'),
        ).to.not.include(MARKER);
        const redrain = await openRedrain({ home, env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } });
        await redrain.status();
        await redrain.close();
        expect(readFileSync(paths.ownCredentials).equals(own)).to.equal(true);
        expect(readFileSync(paths.credentials).equals(kitty)).to.equal(true);
      }),
      { numRuns: rounds(40, 5_000) },
    );
  });
});
