import { expect } from 'chai';
import { prettyJson } from '../../src/json/pretty-json.js';
import { externalTo, givenRedrain } from '../library/given-redrain.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { results, transient } from '../support/scripted-receiver.js';

describeOnEachHome('the story of an event', (on) => {
  it('is told in the order of time: capture, every post, how it ended', async () => {
    const { redrain, receiver, clock } = await givenRedrain({ on });
    await redrain.captureMany([
      { event_id: 'a', event_type: 'T', timestamp: '2026-01-01T00:00:00Z' },
    ]);
    receiver.answer = (batch) => transient(batch);
    clock.now += 1_000;
    await redrain.drain();
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    clock.now += 1_000;
    await redrain.drain();
    const story = await redrain.inspect('a');
    const timeline = story?.timeline ?? [];
    expect(timeline.map(({ at }) => at)).to.deep.equal(timeline.map(({ at }) => at).sort());
    const told = timeline.map(({ what, target_id }) => `${target_id ?? '-'} ${what}`);
    expect(told[0]).to.match(/- happened/);
    expect(told[1]).to.match(/- captured/);
    expect(told[2]).to.match(/1 sent alone \(post 1, HTTP 500, .*transient: status 500/);
    expect(told[3]).to.match(/1 sent alone \(post 2, HTTP 200, .*success/);
    expect(told[4]).to.match(/1 generation 1 ended with success/);
    expect(told).to.have.length(5);
  });

  it('names the event that took its place, and what later came with its key', async () => {
    const config = externalTo('http://a.test/in', '[sync.coalesce]\nSnapshot = ["key"]\n');
    const { redrain } = await givenRedrain({ on, config });
    const snapshot = (event_id: string) => ({ event_id, event_type: 'Snapshot', key: 1 });
    await redrain.captureMany([snapshot('a')]);
    await redrain.captureMany([snapshot('b')]);
    await redrain.drain();
    await redrain.captureMany([snapshot('c')]);
    const [a] = (await redrain.inspect('a'))?.revisions ?? [];
    expect(a).to.include({ class: 'coalesced', other_event_id: 'b' });
    expect(a?.bytes?.toString()).to.equal(JSON.stringify(snapshot('a')));
    const b = await redrain.inspect('b');
    expect(b?.revisions[0]).to.include({ class: 'live', superseded_by: 'c' });
    const told = (await redrain.inspect('a'))?.timeline.map(({ what }) => what);
    expect(told).to.include('coalesced by b: no longer sent');
  });

  it('says what became of bytes that are gone', async () => {
    const { home, redrain } = await givenRedrain({ on });
    await redrain.captureMany([{ event_id: 'a', event_type: 'T' }]);
    await on.change(
      home,
      `DELETE FROM live; INSERT INTO mark (seq, class, at) VALUES (1, 'archived', 5000);
       INSERT INTO purge (seq, kind, at, canonical_sha256, detail)
         SELECT seq, 'archive', 5000, sha256, 'archive-1' FROM event;
       DELETE FROM payload`,
    );
    const story = await redrain.inspect('a');
    expect(story?.revisions[0]).to.include({
      class: 'archived',
      bytes: null,
      purged_by: 'archive',
      purge_detail: 'archive-1',
    });
    expect(story?.timeline.map(({ what }) => what)).to.include(
      'its bytes were removed from the journal by archive (archive-1)',
    );
    expect(await redrain.inspect('b')).to.equal(undefined);
  });
});

describe('a payload for people', () => {
  it('is indented and spelt as it was', () => {
    const text =
      '{"a" :[1.50,12345678901234567890 , "x, {y}: \\u00e9\\""],"a":{},"b":[ ],"c":null}';
    expect(prettyJson(text)).to.equal(
      `{
  "a": [
    1.50,
    12345678901234567890,
    "x, {y}: \\u00e9\\""
  ],
  "a": {},
  "b": [],
  "c": null
}`,
    );
    expect(prettyJson('no json')).to.equal(undefined);
    expect(prettyJson('[[[1]]]', 40)).to.equal('[\n  [\n    [\n      1\n    ]\n  ]\n]');
    expect(prettyJson('[[[1]]]', 20), 'longer than asked for').to.equal(undefined);
  });
});
