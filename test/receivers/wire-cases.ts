/** A server's behaviour and what each sent event must come to; the shape of the shared cases. */
export interface WireCase {
  readonly name: string;
  /** Null: no answer at all. */
  readonly http_status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly sent_event_ids: readonly string[];
  /** Answers as above only while one of these is in the batch, else success for every event. */
  readonly server?: { readonly poison_ids: readonly string[] };
  readonly expected: Readonly<Record<string, string>>;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

function aCase(
  name: string,
  status: number | null,
  body: unknown,
  expected: Record<string, string>,
  more: Partial<WireCase> = {},
): WireCase {
  return {
    name,
    http_status: status,
    headers: JSON_TYPE,
    body: body === null || typeof body === 'string' ? body : JSON.stringify(body),
    sent_event_ids: Object.keys(expected),
    expected,
    ...more,
  };
}

const results = (...entries: unknown[]) => ({ results: entries });
const said = (event_id: unknown, status: unknown, more: object = {}) => ({
  event_id,
  status,
  ...more,
});

/** Our own table: one case or more for every row of the tables of answers in docs/protocol.md. */
export const WIRE_CASES: readonly WireCase[] = [
  ...['success', 'accepted', 'warning', ' Accepted\t'].map((word) =>
    aCase(`status ${JSON.stringify(word)}`, 200, results(said('a1', word)), { a1: 'success' }),
  ),
  ...['pending', 'QUEUED '].map((word) =>
    aCase(`status ${JSON.stringify(word)}`, 202, results(said('a1', word)), { a1: 'pending' }),
  ),
  aCase('a duplicate', 200, results(said('a1', 'duplicate')), { a1: 'duplicate' }),
  aCase(
    'a rejection beside a success',
    200,
    results(said('a1', 'rejected'), said('a2', 'success')),
    {
      a1: 'rejected',
      a2: 'success',
    },
  ),
  ...['error_category', 'category', 'code'].flatMap((member) =>
    ['project_not_admitted', 'project_not_consented', 'project_refused'].map((category) =>
      aCase(
        `rejected with ${member} ${category}`,
        200,
        results(said('a1', 'rejected', { [member]: category })),
        { a1: 'terminal_failed' },
      ),
    ),
  ),
  aCase(
    'a rejection of some other category',
    200,
    results(said('a1', 'rejected', { code: 'lane' })),
    {
      a1: 'rejected',
    },
  ),
  ...[undefined, null, '', 'done', 'failed', 0, true, ['success'], { success: true }].map((word) =>
    aCase(`status ${JSON.stringify(word)}`, 200, results(said('a1', word)), { a1: 'transient' }),
  ),
  aCase('an absent result', 200, results(said('a1', 'success')), {
    a1: 'success',
    a2: 'transient',
  }),
  aCase('no results at all', 200, results(), { a1: 'transient', a2: 'transient' }),
  aCase(
    'ids that were not sent, and entries that are not objects',
    200,
    results(
      said('zz', 'rejected'),
      null,
      7,
      'a1',
      ['a1'],
      said(7, 'rejected'),
      said('a1', 'success'),
    ),
    { a1: 'success' },
  ),
  aCase(
    'a list as id garbles the whole answer',
    200,
    results(said(['a1'], 'success'), said('a2', 'success')),
    {
      a1: 'transient',
      a2: 'transient',
    },
  ),
  aCase(
    'two entries for one id: better last',
    200,
    results(said('a1', 'rejected'), said('a1', 'success')),
    {
      a1: 'success',
    },
  ),
  aCase(
    'two entries for one id: worse last',
    200,
    results(said('a1', 'success'), said('a1', 'rejected')),
    {
      a1: 'rejected',
    },
  ),
  aCase('an id in another case', 200, results(said('A1', 'success')), { a1: 'transient' }),
  ...[
    '',
    '<!doctype html><p>log in',
    '[]',
    '[{"event_id":"a1","status":"success"}]',
    '{"results":',
    'null',
    '1',
  ].map((body) => aCase(`200 with body ${body}`, 200, body, { a1: 'transient', a2: 'transient' })),
  aCase('results that are no list', 200, { results: { a1: 'success' } }, { a1: 'transient' }),
  aCase('a byte order mark', 200, `\uFEFF${JSON.stringify(results(said('a1', 'success')))}`, {
    a1: 'success',
  }),
  aCase('204', 204, '', { a1: 'transient' }),
  ...[301, 302, 303, 304, 307, 308].map((status) =>
    aCase(
      `a redirect ${status}`,
      status,
      '',
      { a1: 'transient' },
      { headers: { Location: '/elsewhere' } },
    ),
  ),
  aCase(
    '400 naming both',
    400,
    { details: [{ event_id: 'a1' }, { event_id: 'a2', code: 'project_refused' }] },
    {
      a1: 'rejected',
      a2: 'terminal_failed',
    },
  ),
  aCase(
    '400 naming one, by a JSON string',
    400,
    { error: 'no', details: JSON.stringify([{ event_id: 'a2', detail: 'bad' }]) },
    { a1: 'success', a2: 'rejected', a3: 'success' },
    { server: { poison_ids: ['a2'] } },
  ),
  aCase(
    '400 naming a stranger',
    400,
    { error: 'no', details: [{ event_id: 'zz' }] },
    { a1: 'rejected', a2: 'rejected' },
  ),
  aCase(
    '400 without details, one culprit',
    400,
    { error: 'no' },
    { a1: 'success', a2: 'success', a3: 'rejected' },
    {
      server: { poison_ids: ['a3'] },
    },
  ),
  ...['', '<html>', 'oops'].map((body) =>
    aCase(`400 with body ${body}`, 400, body, { a1: 'rejected' }),
  ),
  ...['Payload TOO LARGE', 'event oversized'].map((error) =>
    aCase(
      `400 ${error}`,
      400,
      { error },
      { a1: 'success', a2: 'terminal_failed' },
      {
        server: { poison_ids: ['a2'] },
      },
    ),
  ),
  aCase(
    '413, one culprit of five',
    413,
    '',
    { a1: 'success', a2: 'success', a3: 'success', a4: 'terminal_failed', a5: 'success' },
    {
      server: { poison_ids: ['a4'] },
    },
  ),
  aCase(
    '413 naming an event all the same',
    413,
    { details: [{ event_id: 'a1', error: 'x' }] },
    { a1: 'terminal_failed' },
  ),
  ...[
    401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 414, 415, 418, 422, 425, 426, 428, 429, 431,
    451, 500, 501, 502, 503, 504, 511, 599,
  ].flatMap((status) => [
    aCase(
      `${status} saying too large`,
      status,
      { error: 'too large' },
      { a1: 'transient', a2: 'transient' },
    ),
    aCase(`${status} with results`, status, results(said('a1', 'success')), { a1: 'transient' }),
  ]),
  aCase('no answer', null, null, { a1: 'transient', a2: 'transient' }),
];
