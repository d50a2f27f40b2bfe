import { expect } from 'chai';
import type { CompleteAnswer } from '../../src/receivers/answer.js';
import { type MappingOptions, mapResponse } from '../../src/receivers/mapper.js';
import type { Verdict } from '../../src/receivers/mapping/verdict.js';
import { redactorFor } from '../../src/receivers/redact.js';
import { cpuMsOf } from '../support/cpu-time.js';

const NOW = Date.UTC(2026, 5, 1, 12, 0, 0);
const OPTIONS: MappingOptions = { ack: 'results', now: NOW, redact: (text) => text };

function answer(status: number, body: unknown, headers = {}): CompleteAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: Buffer.from(text) };
}

function map(ids: string[], status: number, body: unknown, headers = {}): Verdict {
  return mapResponse(ids, answer(status, body, headers), OPTIONS);
}

function reasonOf({ outcomes, ifAlone }: Verdict, index = 0): string | undefined {
  const outcome = outcomes[index] ?? ifAlone;
  return outcome !== undefined && 'reason' in outcome ? outcome.reason : undefined;
}

describe('mapResponse: results of a 2xx', () => {
  it('keeps the entry as compact JSON beside its outcome', () => {
    const { outcomes } = map(
      ['a'],
      200,
      '{ "results": [ {"event_id": "a", "status": "queued"} ] }',
    );
    expect(outcomes).to.deep.equal([
      { kind: 'pending', serverState: 'queued', response: '{"event_id":"a","status":"queued"}' },
    ]);
  });

  it('takes the shortest text that says success of all for what it says when it is read', () => {
    const ids = ['01J', 'b', 'a long id of many words', '~'];
    const results = ids.map((event_id) => ({ event_id, status: 'success' }));
    const text = JSON.stringify({ results });
    const read = map(ids, 200, ` ${text}`);
    expect(read.outcomes).to.deep.equal(ids.map(() => ({ kind: 'success' })));
    expect(map(ids, 200, text)).to.deep.equal(read);
    expect(map(ids, 207, text)).to.deep.equal(map(ids, 207, ` ${text}`));
    expect(map([...ids].reverse(), 200, text).outcomes).to.deep.equal(read.outcomes);
    expect(map([...ids, 'c'], 200, text).outcomes.at(-1)).to.include({ kind: 'transient' });
    expect(map(['b', ...ids.slice(1)], 200, text).warnings).to.have.length(1);
  });

  it('reads an answer whose text is what an odd id would make of it', () => {
    for (const id of ['a","status":"success"},{"event_id":"b', 'a\\', 'ä', 'a\n', '\u{1F600}']) {
      const raw = `{"results":[{"event_id":"${id}","status":"success"}]}`;
      expect(map([id], 200, raw), id).to.deep.equal(map([id], 200, ` ${raw}`));
      const said = { results: [{ event_id: id, status: 'success' }] };
      expect(map([id], 200, said).outcomes, id).to.deep.equal([{ kind: 'success' }]);
    }
  });

  it('takes error_message before error, and neither when blank', () => {
    const entry = { event_id: 'a', status: 'rejected' };
    const reasonFor = (more: object) =>
      reasonOf(map(['a'], 200, { results: [{ ...entry, ...more }] }));
    expect(reasonFor({ error_message: 'M', error: 'E' })).to.equal('M');
    expect(reasonFor({ error_message: ' ', error: 'E' })).to.equal('E');
    expect(reasonFor({ error_message: null, error: { code: 1 } })).to.equal('{"code":1}');
    expect(reasonFor({ category: 'project_refused' })).to.equal('project_refused');
    expect(reasonFor({})).to.equal('rejected without a reason');
  });

  it('names a status it does not know, with the error beside it', () => {
    const results = [
      { event_id: 'a', status: 'Failed', error: 'db down' },
      { event_id: 'b', status: 7 },
      { event_id: 'c' },
    ];
    const verdict = map(['a', 'b', 'c', 'd'], 200, { results });
    expect([0, 1, 2, 3].map((index) => reasonOf(verdict, index))).to.deep.equal([
      'unknown status Failed: db down',
      'unknown status 7',
      'unknown status (none given)',
      'missing per-event result',
    ]);
    expect(verdict.error).to.equal(undefined);
  });

  it('cuts long words and long entries, and what it stores stays JSON', () => {
    const long = '"\\'.repeat(100_000);
    const { outcomes } = map(['a'], 200, {
      results: [{ event_id: 'a', status: 'rejected', error: { long } }],
    });
    const [outcome] = outcomes;
    expect(reasonOf({ outcomes, httpStatus: 200 })).to.have.length(500);
    expect(outcome?.response?.length).to.be.at.most(500);
    expect(JSON.parse(outcome?.response ?? '')).to.have.property('cut');
  });

  it('spells control characters, which a terminal would obey', () => {
    const verdict = map(['a'], 400, { error: 'red \u001b[31m\u0007 and\nmore\u009b' });
    expect(reasonOf(verdict)).to.equal('red \\x1b[31m\\x07 and more\\x9b');
  });

  it('survives entries nested deeper than the stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const body = `{"results":[{"event_id":"a","status":"rejected","error":${deep}}]}`;
    expect(map(['a'], 200, body).outcomes[0]?.kind).to.equal('rejected');
    expect(map(['a'], 500, `{"error":${deep}}`).outcomes[0]?.kind).to.equal('transient');
  });

  it('reads a million results in one go', () => {
    const results = Array.from({ length: 1_000_000 }, (_, n) => `{"event_id":"e${n}"}`);
    results.push('{"event_id":"e7","status":"success"}');
    const body = `{"results":[${results.join(',')}]}`;
    let verdict: ReturnType<typeof map> | undefined;
    const spent = cpuMsOf(() => {
      verdict = map(['e7', 'e8', 'none'], 200, body);
    });
    expect(spent).to.be.below(10_000);
    expect(verdict?.outcomes.map((outcome) => outcome?.kind)).to.deep.equal([
      'success',
      'transient',
      'transient',
    ]);
  });

  it('is not misled by ids such as __proto__', () => {
    const results = [{ event_id: '__proto__', status: 'success' }];
    const { outcomes } = map(['__proto__', 'constructor'], 200, { results });
    expect(outcomes.map((outcome) => outcome?.kind)).to.deep.equal(['success', 'transient']);
  });

  it('says what the body was when it holds no results', () => {
    const reasons = ['', '<html>', '[1]', '{', '{"results":{}}'].map(
      (body) => map(['a'], 200, body).error,
    );
    expect(reasons).to.deep.equal([
      'HTTP 200 without per-event results: the body is empty',
      'HTTP 200 without per-event results: the body is a web page',
      'HTTP 200 without per-event results: the body is JSON, but no object',
      'HTTP 200 without per-event results: the body is not JSON',
      'HTTP 200 without per-event results: the body has no list of results',
    ]);
  });
});

describe('mapResponse: an endpoint that acknowledges by status', () => {
  const byStatus = { ...OPTIONS, ack: 'status' } as const;

  it('takes any 2xx for the whole batch', () => {
    for (const status of [200, 201, 202, 204, 299])
      expect(mapResponse(['a', 'b'], answer(status, '<html>'), byStatus).outcomes).to.deep.equal([
        { kind: 'success' },
        { kind: 'success' },
      ]);
  });

  it('treats everything else as of any endpoint', () => {
    for (const status of [302, 400, 401, 413, 429, 500])
      expect(mapResponse(['a'], answer(status, { error: 'x' }), byStatus)).to.deep.equal(
        mapResponse(['a'], answer(status, { error: 'x' }), OPTIONS),
      );
  });
});

describe('mapResponse: a batch refused as a whole', () => {
  it('gives the named their own reason and leaves the others without a verdict', () => {
    const details = [
      { event_id: 'a', detail: 'D', error: 'E', reason: 'R' },
      { event_id: 'b', detail: null, error: 'E', reason: 'R' },
      { event_id: 'c', reason: 'R' },
      { event_id: 'd' },
    ];
    const verdict = map(['a', 'b', 'c', 'd', 'e'], 400, { error: 'T', details });
    expect([0, 1, 2, 3].map((index) => reasonOf(verdict, index))).to.deep.equal([
      'D',
      'E',
      'R',
      'T',
    ]);
    expect(verdict.outcomes[4]).to.equal(undefined);
    expect(verdict.ifAlone).to.deep.equal({ kind: 'rejected', reason: 'T' });
    expect(verdict.error).to.equal('HTTP 400 Bad Request: T');
  });

  it('has no ifAlone when everyone was named', () => {
    const verdict = map(['a'], 400, { details: [{ event_id: 'a', error: 'E' }] });
    expect(verdict).to.not.have.property('ifAlone');
  });

  it('calls a lone one rejected, or terminal where the server says too large', () => {
    const alone = (status: number, body: unknown) => map(['a', 'b'], status, body).ifAlone;
    expect(alone(400, { error: 'bad' })).to.deep.equal({ kind: 'rejected', reason: 'bad' });
    expect(alone(400, { error: 'Too Large.' })?.kind).to.equal('terminal_failed');
    expect(alone(400, { error: { message: 'event oversized' } })?.kind).to.equal('terminal_failed');
    expect(alone(400, { hint: 'too large' })?.kind).to.equal('rejected');
    expect(alone(413, { error: 'x' })).to.deep.equal({ kind: 'terminal_failed', reason: 'x' });
    expect(alone(413, '')?.kind).to.equal('terminal_failed');
  });

  it('reads a plain text message, and says the status when there is no word', () => {
    expect(
      map(['a'], 400, 'no such lane\n', { 'content-type': 'text/plain' }).ifAlone,
    ).to.deep.equal({
      kind: 'rejected',
      reason: 'no such lane',
    });
    expect(reasonOf(map(['a'], 400, '<h1>no</h1>', { 'content-type': 'text/html' }))).to.equal(
      'HTTP 400 Bad Request',
    );
  });
});

describe('mapResponse: answers about the batch or the line', () => {
  it('says no answer came, with a null status and never undefined', () => {
    const verdict = mapResponse(
      ['a', 'b'],
      { failure: 'connection refused by 127.0.0.1:9' },
      OPTIONS,
    );
    const lost = { kind: 'transient', reason: 'connection refused by 127.0.0.1:9' } as const;
    expect(verdict).to.deep.equal({ outcomes: [lost, lost], httpStatus: null, error: lost.reason });
  });

  it('shows where a redirect pointed, without values of its query and password', () => {
    const verdict = map(['a'], 302, '', { location: 'https://me:pw@login.example/in?session=1#x' });
    expect(verdict.error).to.equal(
      'HTTP 302 Found, not followed: it points to https://login.example/in?session=…',
    );
    expect(map(['a'], 307, '').error).to.match(/points to nowhere$/);
  });

  it('passes Retry-After on from what may carry it', () => {
    const header = { 'retry-after': '30' };
    expect(map(['a'], 429, '', header).retryAfterMs).to.equal(30_000);
    expect(map(['a'], 503, '', header).retryAfterMs).to.equal(30_000);
    expect(map(['a'], 500, '', header).retryAfterMs).to.equal(30_000);
    expect(map(['a'], 404, '', header)).to.not.have.property('retryAfterMs');
    expect(map(['a'], 200, '', header)).to.not.have.property('retryAfterMs');
  });

  it('stops the pass on a 412 and shows the best guidance there is', () => {
    const stop = (body: unknown) => map(['a'], 412, body).stop;
    const sync_protocol = { upgrade_guidance: 'upgrade to 3' };
    expect(stop({ sync_protocol, error_description: 'old' })).to.equal('upgrade to 3');
    expect(stop({ sync_protocol: 'x', error_description: 'old' })).to.equal('old');
    expect(stop('')).to.equal('HTTP 412 Precondition Failed');
  });

  it('reports evidence of closed gates', () => {
    expect(map(['a'], 401, '').blocked).to.equal('missing_auth');
    expect(map(['a'], 403, { code: 'no_private_teamspace' }).blocked).to.equal(
      'private_teamspace_gate',
    );
    expect(map(['a'], 403, 'Needs a Private Teamspace').blocked).to.equal('private_teamspace_gate');
    expect(map(['a'], 403, { error: 'forbidden' })).to.not.have.property('blocked');
    expect(map(['a'], 404, 'private teamspace')).to.not.have.property('blocked');
  });
});

describe('mapResponse: secrets', () => {
  it('redacts before it cuts, so that no half of a token is left', () => {
    const token = 'marker-token-0123456789';
    const options = { ...OPTIONS, redact: redactorFor([token]) };
    const error = `${'x'.repeat(490)}${token}`;
    const results = [{ event_id: 'a', status: 'rejected', error }];
    for (const given of [answer(200, { results }), answer(500, { error }), answer(400, { error })])
      expect(JSON.stringify(mapResponse(['a'], given, options))).to.not.include('marker');
  });
});
