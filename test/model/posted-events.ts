import { expect } from 'chai';
import type { KnownEvent, Model } from './model.js';
import type { KnownTarget } from './target-model.js';

/** The events of a request body, which must be made of their very bytes and of nothing else. */
export function postedEvents(model: Model, target: KnownTarget, body: string): KnownEvent[] {
  const { events } = JSON.parse(body) as { events: { event_id: string }[] };
  let at = '{"events":['.length;
  const posted = events.map(({ event_id: id }) => {
    const event = revisionAt(model.revisions(id), target, body.slice(at));
    at += event.bytes.toString().length + ','.length;
    return event;
  });
  const bytes = posted.map((event) => event.bytes.toString()).join(',');
  expect(body, 'the body of a post').to.equal(`{"events":[${bytes}]}`);
  return posted;
}

/** Two revisions can have the same bytes: then the one on its way, else the one in force. */
function revisionAt(revisions: KnownEvent[], target: KnownTarget, rest: string): KnownEvent {
  const same = revisions.filter(({ bytes }) => rest.startsWith(bytes.toString()));
  const flying = same.find(({ seq }) => target.inFlight.has(seq));
  const event = flying ?? same.at(-1) ?? revisions.at(-1);
  if (event === undefined) throw new Error(`the journal has no event at ${rest.slice(0, 40)}`);
  return event;
}
