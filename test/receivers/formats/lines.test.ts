import { expect } from 'chai';
import { anEvent, never } from '../events.js';
import { givenReceiver } from './given-receiver.js';

const lines = { format: 'lines' } as const;

describe('format = "lines"', () => {
  it('is one payload on each line, byte for byte', async () => {
    const { receiver, server } = await givenReceiver(lines);
    const payloads = ['{ "event_id":"a",  "n": 1.00 }', '{"event_id":"b","ä":"\\u00e4\\n"}'];
    const events = payloads.map((text, i) => anEvent('ab'[i]!, { bytes: Buffer.from(text) }));
    await receiver.deliver(events, never());
    expect(server.seen[0]?.body.toString()).to.equal(`${payloads.join('\n')}\n`);
    expect(server.seen[0]?.headers['content-type']).to.equal('application/x-ndjson');
    const counted = events.map((event) =>
      receiver.wireSize({ ...event, size: event.bytes.length }),
    );
    expect(counted[0]! + counted[1]!).to.equal(server.seen[0]?.body.length);
  });

  it('a line break between the tokens of a payload becomes a blank; nothing else changes', async () => {
    const { receiver, server } = await givenReceiver(lines);
    const bytes = Buffer.from('{\r\n  "event_id": "a",\n  "note": "1\\n2",\n  "n": 1.00\n}\n');
    await receiver.deliver([anEvent('a', { bytes }), anEvent('b')], never());
    const [first, second, rest] = server.seen[0]!.body.toString().split('\n');
    expect(first).to.equal('{    "event_id": "a",   "note": "1\\n2",   "n": 1.00 } ');
    expect(JSON.parse(second!)).to.have.property('event_id', 'b');
    expect(rest).to.equal('');
    expect(bytes.includes('\n'), 'the event itself is not touched').to.equal(true);
  });

  it('what is not JSON cannot be sent, as it may break its line', async () => {
    const { receiver } = await givenReceiver(lines);
    expect(receiver.unsendable(anEvent('a', { bytes: Buffer.from('a\nb') }))).to.match(
      /not valid JSON/,
    );
  });

  it('is answered by status, or for each event', async () => {
    const { receiver } = await givenReceiver(lines, ({ path }) =>
      path === '/in' ? { status: 200, body: 'ok' } : { status: 500 },
    );
    const { outcomes } = await receiver.deliver([anEvent('a'), anEvent('b')], never());
    expect(outcomes).to.deep.equal([{ kind: 'success' }, { kind: 'success' }]);
  });
});
