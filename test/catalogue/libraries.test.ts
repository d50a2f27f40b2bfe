import { expect } from 'chai';
import { type CloudEventV1, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { openRedrain } from '../../src/index.js';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import { writeConfig } from '../library/given-redrain.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { type Incoming, type Reply, type Stored, startReceiverOf } from './receiver.js';

const EVENTS = rounds(1_000, 10_000);
const keyOf = (words: string) => `whsec_${Buffer.from(words.padEnd(24, '.')).toString('base64')}`;
const KEYS = { FIRST: keyOf('the first key'), SECOND: keyOf('the second key') };

const idOf = (index: number) => `Order ${index}`;
/** Payloads that a careless hand would alter: blanks, escapes, long numbers, other alphabets. */
const PAYLOADS = Array.from({ length: EVENTS }, (_, i) =>
  i % 2 === 0
    ? `{"event_id": "${idOf(i)}", "event_type":"Ördered",  "n": ${i}.50, "s":"\\u00e9 é 漢 \\/"}`
    : JSON.stringify({ event_id: idOf(i), event_type: 'Ordered', big: 2 ** 53, nested: [[{}]] }),
);

/** A home with all of them, and what drains it to one target with these settings. */
async function given(url: string) {
  const home = temporaryHome();
  const redrain = await openRedrain({ home, env: KEYS });
  closeAfterTest(() => redrain.close());
  await redrain.captureMany(PAYLOADS);
  const drain = async (settings: readonly string[], limit: number): Promise<void> => {
    const head = ['[sync]', 'mode = "EXTERNAL_RECEIVER"', 'target = "x"', '[sync.targets.x]'];
    writeConfig(home, [...head, `url = "${url}"`, 'projects = "all"', ...settings].join('\n'));
    let left = limit;
    for (let pass = 0; pass < 30 && left > 0; pass += 1)
      left -= (await redrain.drain({ limit: left })).delivered;
    expect(left, 'events that are not delivered').to.equal(0);
  };
  return { drain };
}

/** Accepts what `read` can read, but one in ten only when it comes again. What was refused is kept. */
function strict(read: (request: Incoming) => string) {
  const random = seededRandom(13);
  const refused: string[] = [];
  const receive = (request: Incoming, stored: Stored): Reply => {
    try {
      const id = read(request);
      if (random() < 0.1) return { status: 500 };
      stored.addOnce(id);
      return { status: 204 };
    } catch (error) {
      refused.push((error as Error).message);
      return { status: 400, body: (error as Error).message };
    }
  };
  return { receive, refused };
}

/** The ids of the CloudEvents of a request, read by their library. @throws when one is incomplete. */
function idsOf({ headers, raw }: Incoming, mode: string): string[] {
  const events = [
    HTTP.toEvent({ headers, body: raw.toString() }),
  ].flat() as CloudEventV1<unknown>[];
  return events.map(({ specversion, id, source, type }) => {
    if (specversion !== '1.0' || !source || !type) throw new Error(`${id} is incomplete`);
    // The binding encodes what a header cannot hold, and the library leaves it so.
    return mode === 'binary' ? decodeURIComponent(id) : id;
  });
}

const EXPECTED = PAYLOADS.map((_, index) => idOf(index)).sort();

describe('the libraries of others accept every request', () => {
  it('standardwebhooks, with retries and a change of the secret in between', async () => {
    let key = KEYS.FIRST;
    const { receive, refused } = strict((request) => {
      new Webhook(key).verify(request.text(), request.headers as Record<string, string>);
      return String(request.headers['webhook-id']);
    });
    const { url, stored } = await startReceiverOf({ receive });
    const { drain } = await given(url);
    const both = 'secret_env = ["SECOND", "FIRST"]';
    await drain(['format = "webhook"', 'secret_env = "FIRST"'], EVENTS / 4);
    await drain(['format = "webhook"', both], EVENTS / 4);
    key = KEYS.SECOND;
    await drain(['format = "webhook"', both], EVENTS / 4);
    await drain(['format = "webhook"', 'secret_env = "SECOND"'], EVENTS / 4);
    expect(refused).to.deep.equal([]);
    expect([...stored.ids].sort()).to.deep.equal(EXPECTED);
  });

  for (const mode of ['structured', 'binary', 'batch'])
    it(`cloudevents, ${mode}`, async () => {
      const ids: string[] = [];
      const { receive, refused } = strict((request) => {
        const read = idsOf(request, mode);
        ids.push(...read);
        return read[0] ?? '';
      });
      const { url } = await startReceiverOf({ receive });
      const { drain } = await given(url);
      await drain(['format = "cloudevents"', `mode = "${mode}"`], EVENTS);
      expect(refused).to.deep.equal([]);
      expect([...new Set(ids)].sort()).to.deep.equal(EXPECTED);
    });
});
