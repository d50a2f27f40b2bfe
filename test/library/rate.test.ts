import { expect } from 'chai';
import { results } from '../support/scripted-receiver.js';
import { envelopes, givenRedrain } from './given-redrain.js';

const EVENTS = 60;

const config = (rate: string) =>
  `[sync]\nmode = "EXTERNAL_RECEIVER"\ntarget = "a"\n[sync.targets.a]\nurl = "http://a.test/in"\n${rate}`;

/** What a drain of 60 events does, by a clock that only its own waits move. */
async function drainedAt(rate: string) {
  const clock = { now: Date.UTC(2026, 0, 2) };
  const posts: { at: number; events: number }[] = [];
  const { redrain, receiver } = await givenRedrain({
    config: config(rate),
    now: () => clock.now,
    sleep: async (ms) => {
      clock.now += ms;
    },
  });
  receiver.answer = (batch) => {
    posts.push({ at: clock.now - Date.UTC(2026, 0, 2), events: batch.length });
    return results(batch, () => ({ kind: 'success' }));
  };
  await redrain.captureMany(envelopes(EVENTS));
  const { delivered } = await redrain.drain();
  expect(delivered).to.equal(EVENTS);
  return posts;
}

describe('`rate` of a target', () => {
  for (const [rate, perMs, atOnce] of [
    ['20/s', 20 / 1_000, 20],
    ['120/m', 120 / 60_000, 2],
    ['1800/h', 1_800 / 3_600_000, 1],
  ] as const)
    it(`${rate} in config.toml is the pace of a drain`, async () => {
      const posts = await drainedAt(`rate = "${rate}"`);
      expect(Math.max(...posts.map(({ events }) => events))).to.equal(atOnce);
      let sent = 0;
      for (const { at, events } of posts) {
        // What left before this request had its time; nothing waits for longer than it has to.
        expect(at).to.be.closeTo(sent / perMs, 1);
        sent += events;
      }
    });

  it('is none where the file has none', async () => {
    expect(await drainedAt('')).to.deep.equal([{ at: 0, events: EVENTS }]);
  });
});
