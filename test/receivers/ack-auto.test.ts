import { expect } from 'chai';
import { eventsFor, never } from './events.js';
import { givenReceiver } from './formats/given-receiver.js';
import type { ScriptedAnswer } from './scripted-server.js';

async function answered(answer: ScriptedAnswer) {
  const { receiver } = await givenReceiver({ ack: 'auto' }, () => answer);
  const report = await receiver.deliver(eventsFor(['a', 'b']), never());
  const kinds = report.outcomes.map((outcome) => outcome?.kind).join(' ');
  return { ...report, kinds };
}

const json = (status: number, body: unknown): ScriptedAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const html = (body: string): ScriptedAnswer => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
  body,
});

const SUCCESS: Readonly<Record<string, ScriptedAnswer>> = {
  'the word ok': { status: 200, headers: {}, body: 'ok' },
  'the word ok, labelled as a page': html('ok'),
  'markup that is no document': html('<p>ok</p>'),
  '204': { status: 204 },
  '202 with nothing': { status: 202, body: '' },
  'an object of its own': json(200, { received: true }),
  'a list': json(201, [{ stored: 2 }]),
  'a text': json(200, 'ok'),
  XML: { status: 200, body: '<?xml version="1.0"?><Response><Ok/></Response>' },
  'members that report failures elsewhere, and none': json(200, {
    errors: false,
    failed: 0,
    partialSuccess: {},
  }),
  'results of something else': json(200, { results: [{ id: 1, score: 0.5 }] }),
  'a BOM': { status: 200, body: '\uFEFF{"ok":true}' },
};

const TRANSIENT: Readonly<Record<string, [ScriptedAnswer, RegExp]>> = {
  'a web page': [
    html('<!DOCTYPE html><html><head><title>Sign in</title></head></html>'),
    /web page.*Sign in.*ack = "status"/,
  ],
  'a web page without a label': [
    { status: 200, headers: {}, body: '\n <html><body>nginx</body></html>' },
    /web page/,
  ],
  'a web page behind a comment': [html('<!-- x --><!doctype HTML>\n<p>x'), /web page/],
  XHTML: [
    { status: 200, body: '\uFEFF<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x"><html/>' },
    /web page/,
  ],
  '207': [json(207, {}), /207 Multi-Status.*each part/],
  'errors: true': [
    json(200, { errors: true, items: [] }),
    /reports failures \("errors"\).*ack = "status"/,
  ],
  FailedRecordCount: [json(200, { FailedRecordCount: 1 }), /FailedRecordCount/],
  partialSuccess: [
    json(200, { partialSuccess: { rejectedLogRecords: '3', errorMessage: 'x' } }),
    /partialSuccess/,
  ],
  'ok: false': [json(200, { ok: false, error: 'not_authed' }), /"ok": false.*not_authed/],
  'a list with a failure': [
    json(200, [{ status: 'success' }, { status: 'error' }]),
    /a result "rejected"/,
  ],
  'a body that cannot be read': [
    { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'ok' },
    /unreadable/,
  ],
};

describe('ack = "auto"', () => {
  for (const [what, answer] of Object.entries(SUCCESS))
    it(`${what} is success for all`, async () => {
      const report = await answered(answer);
      expect(report.kinds).to.equal('success success');
      expect(report).to.not.have.any.keys('error', 'warnings');
    });

  for (const [what, [answer, message]] of Object.entries(TRANSIENT))
    it(`${what} is not, and the message says what was seen`, async () => {
      const report = await answered(answer);
      expect(report.kinds).to.equal('transient transient');
      expect(report.error).to.match(message);
    });

  it('results are counted for each event', async () => {
    const of = async (results: unknown[]) => (await answered(json(200, { results }))).kinds;
    expect(
      await of([
        { event_id: 'a', status: 'success' },
        { event_id: 'b', status: 'rejected' },
      ]),
    ).to.equal('success rejected');
    expect(await of([{ event_id: 'b', status: 'duplicate' }])).to.equal('transient duplicate');
    expect(await of([{ event_id: 'A', status: 'success' }])).to.equal('transient transient');
    expect(await of([])).to.equal('transient transient');
  });

  it('results of somebody else that report failures are not success', async () => {
    const report = await answered(json(200, { results: [{ id: 'a', status: 'failed' }] }));
    expect(report.kinds).to.equal('transient transient');
  });
});
