import { appendFileSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenFile } from '../../src/edges/token-file.js';
import { newToken, parseTokens, withoutToken, withToken } from '../../src/edges/tokens.js';
import { temporaryHome } from '../support/temporary-home.js';
import { contentsOf, givenEdge, givenHub } from './given-hub.js';

const ONE = '{"events":[{"event_id":"a","event_type":"T"}]}';
const EDGE_EVENT = { event_id: 'e', event_type: 'T' };

async function given() {
  const path = join(temporaryHome(), 'edge-tokens');
  const file = new TokenFile(path);
  const add = (name: string, home: string | null = null): string => {
    const { token, entry } = newToken(name, home);
    file.write(withToken(file.text(), entry));
    return token;
  };
  const first = add('laptop');
  const hub = await givenHub({ senders: { tokens: new TokenFile(path) } });
  const statusOf = async (token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await hub.post(ONE, headers)).status;
  };
  return { hub, path, file, add, first, statusOf };
}

describe('a hub that began without tokens', () => {
  it('takes events of anybody, and from the first token on of whoever has one', async () => {
    const path = join(temporaryHome(), 'edge-tokens');
    const hub = await givenHub({ senders: { tokens: new TokenFile(path), orAnybody: true } });
    const statusOf = async (headers = {}): Promise<number> => (await hub.post(ONE, headers)).status;
    expect(await statusOf()).to.equal(200);
    const { token, entry } = newToken('laptop', null);
    const file = new TokenFile(path);
    file.write(withToken('', entry));
    expect(await statusOf()).to.equal(401);
    expect(await statusOf({ authorization: `Bearer ${token}` })).to.equal(200);
    file.write(withoutToken(file.text(), 'laptop'));
    expect(await statusOf()).to.equal(401);
    rmSync(path);
    expect(await statusOf()).to.equal(503);
  });
});

describe('a hub with tokens', () => {
  it('takes events of whoever has one, and of nobody else', async () => {
    const { hub, first, statusOf } = await given();
    expect(await statusOf()).to.equal(401);
    expect(await statusOf('rdt_wrong')).to.equal(401);
    expect(contentsOfHub(hub)).to.equal(0);
    expect(await statusOf(first)).to.equal(200);
    expect(contentsOfHub(hub)).to.equal(1);
  });

  it('knows a new one at once, and refuses one that was revoked', async () => {
    const { add, file, first, statusOf } = await given();
    const second = add('desk');
    expect(await statusOf(second)).to.equal(200);
    file.write(withoutToken(file.text(), 'laptop'));
    expect(await statusOf(first)).to.equal(401);
    expect(await statusOf(second)).to.equal(200);
  });

  it('binds one to the home that uses it first: another home may not', async () => {
    const { hub, first } = await given();
    const edge = await givenEdge(hub, { token: first });
    await edge.capture(EDGE_EVENT);
    expect(await edge.drain()).to.include({ delivered: 1 });
    const other = await givenEdge(hub, { token: first });
    await other.capture({ ...EDGE_EVENT, event_id: 'f' });
    const report = await other.drain();
    expect(report).to.include({ delivered: 0, transient: 1 });
    const headers = { authorization: `Bearer ${first}`, 'redrain-edge': 'strange' };
    const { status, body } = await hub.post(ONE, headers);
    expect(status).to.equal(403);
    expect(body.error).to.match(
      /the token laptop belongs to the home .*, and home strange may not/,
    );
    expect(await (await hub.stores()).edges.list()).to.have.length(1);
  });

  it('binds one to the home that it names', async () => {
    const { hub, add } = await given();
    const edge = await givenEdge(hub, { token: add('ci', 'another-home') });
    await edge.capture(EDGE_EVENT);
    expect(await edge.drain()).to.include({ delivered: 0, transient: 1 });
  });

  it('names the edge by its token', async () => {
    const { hub, first } = await given();
    const edge = await givenEdge(hub, { token: first });
    await edge.capture(EDGE_EVENT);
    await edge.drain();
    expect((await (await hub.stores()).edges.find('laptop', 1))?.high).to.equal(1);
  });

  it('takes nothing while the file can be read by others, or is damaged, and says so', async () => {
    const { hub, path, first, statusOf } = await given();
    chmodSync(path, 0o640);
    expect((await hub.post(ONE, { authorization: `Bearer ${first}` })).retryAfter).to.equal('10');
    expect(await statusOf(first)).to.equal(503);
    chmodSync(path, 0o600);
    expect(await statusOf(first)).to.equal(200);
    appendFileSync(path, 'desk no-digest\n');
    expect(await statusOf(first)).to.equal(503);
    expect(() => new TokenFile(path).tokens()).to.throw(/line 4: the second word is no SHA-256/);
  });
});

describe('the file of tokens', () => {
  const digest = 'a'.repeat(64);
  const FAULTS: [what: string, text: string, fault: RegExp][] = [
    ['an invalid name', `A ${digest}`, /line 1: a name has/],
    ['a line with too much', `a ${digest} home more`, /more than three words/],
    ['a name twice', `a ${digest}\na ${digest}`, /line 2: a stands there twice/],
  ];
  for (const [what, text, fault] of FAULTS)
    it(`is refused with ${what}`, () => {
      expect(parseTokens(text)).to.match(fault);
    });

  it('may have comments, blank lines, and upper case', () => {
    expect(parseTokens(`# x\n\n  a ${digest.toUpperCase()} home # y\n`)).to.deep.equal([
      { name: 'a', sha256: digest, home: 'home' },
    ]);
  });

  it('keeps what stands around the line that is removed', () => {
    expect(withoutToken(`# x\na ${digest}\nab ${digest}\n`, 'a')).to.equal(`# x\nab ${digest}\n`);
  });

  it('holds no token', () => {
    const path = join(temporaryHome(), 'tokens');
    const { token, entry } = newToken('a', null);
    writeFileSync(path, withToken('', entry), { mode: 0o600 });
    expect(new TokenFile(path).text()).to.not.contain(token.slice(4));
    expect(new TokenFile(path).tokens()).to.deep.equal([entry]);
  });
});

const contentsOfHub = ({ app }: Awaited<ReturnType<typeof givenHub>>): number => {
  try {
    return contentsOf(app.paths.home).length;
  } catch {
    return 0;
  }
};
