import { expect } from 'chai';
import type { OutboundEvent } from '../../../src/dispatch/ports.js';
import { type HubHead, headFault } from '../../../src/edges/hub-head.js';
import { formatOf } from '../../../src/receivers/formats/formats.js';
import { strangeIn } from '../../documents/published-protocol.js';

const SENDER = { home: 'home-a', instance: 'copy', host: 'laptop', stream: 'hub' };
const PROJECT = { projectUuid: 'p', repoSlug: 'r', checkout: '/c' };

describe('format = "hub"', () => {
  it('is a batch, with who sends and which numbers', () => {
    const { headers, head, events } = composed([
      given(4, { previous: 1 }),
      given(5, { previous: 4 }),
    ]);
    expect(headers).to.deep.equal({ 'Content-Type': 'application/json', 'redrain-edge': 'home-a' });
    expect(events).to.deep.equal([{ event_id: 'e4' }, { event_id: 'e5' }]);
    const { request, ...said } = head;
    expect(request).to.match(/^[\da-f-]{36}$/);
    expect(said).to.deep.equal({
      version: 1,
      ...SENDER,
      sent_at: 9_000,
      newest_at: 1_005,
      range: [4, 5],
      after: 1,
      excluded: [[2, 3]],
      again: [],
      origins: [['p', 'r', '/c', 'T']],
      events: [
        [4, 0, 'e4', '2026-11-01', 0],
        [5, 0, 'e5', '2026-11-01', 0],
      ],
    });
    expect(headFault(head, 2)).to.equal(undefined);
  });

  it('names what may have been sent before, and nothing between', () => {
    const { head } = composed([given(2), given(3), given(9), given(12, { previous: 10 })]);
    expect(head.again).to.deep.equal([
      [2, 3],
      [9, 9],
    ]);
    expect({ after: head.after, excluded: head.excluded }).to.deep.equal({
      after: 10,
      excluded: [[11, 11]],
    });
    expect(composed([given(2)]).head.after).to.equal(null);
  });

  it('counts what was claimed with a batch and taken out of it as kept here', () => {
    const { head } = composed([given(2, { previous: 1 }), given(5, { previous: 4 })]);
    expect(head.excluded).to.deep.equal([[3, 4]]);
  });

  it('gives each origin once, with its type', () => {
    const other = given(3, { eventType: 'U', origin: { ...PROJECT, checkout: null } });
    const { head } = composed([given(1), other, given(4)]);
    expect(head.origins).to.deep.equal([
      ['p', 'r', '/c', 'T'],
      ['p', 'r', null, 'U'],
    ]);
    expect(head.events.map(([, origin]) => origin)).to.deep.equal([0, 1, 0]);
  });

  const CARRIED: [what: string, event: Partial<OutboundEvent>, expected: object][] = [
    [
      'without its id',
      { carriesOwnId: false, bytes: Buffer.from('{"n":1}') },
      { event_id: 'e1', event_type: 'T', timestamp: '2026-11-01', payload: { n: 1 } },
    ],
    [
      'with blanks around it',
      { bytes: Buffer.from('{"n":1}\n') },
      { ...NAMED(), payload_base64: Buffer.from('{"n":1}\n').toString('base64') },
    ],
    [
      'that is no JSON, and says why nobody else may have it',
      { bytes: Buffer.from('{"n":NaN}'), isJson: true, undeliverable: 'a bare NaN' },
      {
        ...NAMED(),
        undeliverable: 'a bare NaN',
        payload_base64: Buffer.from('{"n":NaN}').toString('base64'),
      },
    ],
    [
      'that may not be given to anybody, though it is JSON',
      { undeliverable: 'two ids' },
      { ...NAMED(), undeliverable: 'two ids', payload: { event_id: 'e1' } },
    ],
  ];
  for (const [what, event, expected] of CARRIED)
    it(`wraps an event ${what}`, () => {
      const one = given(1, event);
      const { body, headers, events, head } = composed([one]);
      expect(events).to.deep.equal([expected]);
      expect(head.events[0]?.[4]).to.equal('payload' in expected ? 1 : 2);
      expect(format().unsendable(one)).to.equal(undefined);
      const room = format().wireSize({ ...one, size: one.bytes.length }) + format().frameBytes;
      expect(body.length).to.be.at.most(room);
      const lower = Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]);
      expect(strangeIn('/hub', Object.fromEntries(lower), body.toString())).to.deep.equal([]);
    });

  it('cannot send what is gone', () => {
    expect(format().unsendable(given(1, { bytes: Buffer.alloc(0) }))).to.match(/no longer/);
  });
});

const FAULTS: [what: string, change: object, fault: RegExp][] = [
  ['another version', { version: 2 }, /hub.version is 2: this hub reads version 1/],
  ['no home', { home: undefined }, /hub.home/],
  ['a home that cannot be shown', { home: 'a b' }, /hub.home/],
  ['no time', { sent_at: 'now' }, /hub.sent_at/],
  [
    'ranges in the wrong order',
    {
      excluded: [
        [5, 6],
        [1, 2],
      ],
    },
    /hub.excluded/,
  ],
  ['a range that ends before it begins', { again: [[5, 4]] }, /hub.again/],
  ['an origin without a type', { origins: [['p', 'r', 'c', null]] }, /hub.origins/],
  ['an event of an origin that is not there', { events: [[1, 7, 'e1', null, 0]] }, /hub.events/],
  ['number zero', { events: [[0, 0, 'e1', null, 0]] }, /hub.events/],
  ['fewer rows than events', { events: [] }, /has 0 rows for 1 events/],
];

describe('the head of a request to a hub is refused with', () => {
  for (const [what, change, fault] of FAULTS)
    it(what, () => {
      expect(headFault({ ...composed([given(1)]).head, ...change }, 1)).to.match(fault);
    });

  it('a number twice', () => {
    const { head } = composed([given(1)]);
    const [row] = head.events;
    expect(headFault({ ...head, events: [row, row] }, 2)).to.match(/a number twice/);
  });

  it('nothing at all', () => {
    expect(headFault(undefined, 0)).to.match(/missing/);
  });
});

function NAMED(): object {
  return { event_id: 'e1', event_type: 'T', timestamp: '2026-11-01' };
}

const format = () => formatOf({ format: 'hub', sender: SENDER, now: () => 9_000 });

function given(seq: number, more: Partial<OutboundEvent> = {}): OutboundEvent {
  return {
    seq,
    eventId: `e${seq}`,
    eventType: 'T',
    timestamp: '2026-11-01',
    bytes: Buffer.from(JSON.stringify({ event_id: `e${seq}` })),
    carriesOwnId: true,
    isJson: true,
    undeliverable: null,
    generation: 1,
    origin: PROJECT,
    capturedAt: 1_000 + seq,
    ...more,
  };
}

function composed(batch: readonly OutboundEvent[]) {
  const { body, headers } = format().compose(batch);
  const { hub: head, events } = JSON.parse(body.toString()) as { hub: HubHead; events: object[] };
  return { body, headers, head, events };
}
