import type { Answer, CatalogueReceiver, Incoming, Reply, State, Stored } from './receiver.js';
import { batchOf, idsOf, oneOf } from './requests.js';

const LOGIN_PAGE = `<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><form method="post"><input type="password" name="password"></form></body></html>`;

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const batch = { format: 'batch' } as const;
const webhook = { format: 'webhook' } as const;

type Handler = CatalogueReceiver['receive'];

const always =
  (reply: Reply): Handler =>
  () =>
    reply;

/** As a receiver that never heard of compression: what is compressed is not JSON. */
const refusingGzip = (refusal: Answer): Handler =>
  function receive(request: Incoming, stored: Stored): Answer {
    if (request.headers['content-encoding'] !== undefined) return refusal;
    return taking(request, stored);
  };

function taking(request: Incoming, stored: Stored): Answer {
  const results = batchOf(request).map(({ id }) => ({
    event_id: id,
    status: stored.addOnce(id) ? 'success' : 'duplicate',
  }));
  return { status: 200, body: { results } };
}

const limited = (bytes: number, refusal: Answer): Handler =>
  function receive(request: Incoming, stored: Stored): Answer {
    return request.raw.length > bytes ? refusal : taking(request, stored);
  };

const KIB = 1024;
/** Together far over the limits below, each far under them. */
const LARGE = {
  events: 60,
  members: (index: number) => ({ index, note: 'n'.repeat(5 * KIB) }),
} as const;

const REDIRECTS = [301, 302, 303, 307, 308].map(
  (status): CatalogueReceiver => ({
    name: `redirect ${status}`,
    does: 'points to another address',
    settings: batch,
    verdict: 'transient',
    finding: 'redirect',
    receive: always({ status, headers: { location: 'https://login.example/start' } }),
  }),
);

const REFUSALS: readonly (readonly [string, Answer, State])[] = [
  ['no gzip, 400', { status: 400, body: { message: 'Body is not valid JSON' } }, 'rejected'],
  ['no gzip, 415', { status: 415, body: 'Unsupported Media Type' }, 'transient'],
  ['no gzip, 500', { status: 500, body: 'Internal Server Error' }, 'transient'],
];

/** Each twice: where the operator insists on gzip, and where redrain may find out for itself. */
const NO_GZIP = REFUSALS.flatMap(([name, refusal, verdict]): CatalogueReceiver[] => {
  const receive = refusingGzip(refusal);
  const shared = { finding: 'compression', receive } as const;
  const does = 'cannot read what is compressed';
  return [
    { ...shared, name, does, settings: { ...batch, compression: 'gzip' }, verdict },
    {
      ...shared,
      name: `${name}, far away`,
      does: `${does}, at an address that is not on this machine`,
      settings: batch,
      distant: true,
      verdict: 'delivered',
    },
  ];
});

/** Receivers with one fault each; what redrain may say of them is beside it. */
export const FAULTY_RECEIVERS: readonly CatalogueReceiver[] = [
  ...REDIRECTS,
  {
    name: 'login page',
    does: 'answers 200 with a page to sign in',
    settings: batch,
    verdict: 'transient',
    finding: 'login_page',
    receive: always({ status: 200, headers: HTML, body: LOGIN_PAGE }),
  },
  {
    name: 'login page, for a webhook',
    does: 'answers 200 with a page to sign in',
    settings: webhook,
    verdict: 'transient',
    finding: 'login_page',
    receive: always({ status: 200, headers: HTML, body: LOGIN_PAGE }),
  },
  {
    name: 'page without a label',
    does: 'answers 200 with an HTML document as text/plain',
    settings: batch,
    verdict: 'transient',
    finding: 'login_page',
    receive: always({ status: 200, body: '\n  <html><body>Welcome to nginx!</body></html>' }),
  },
  ...NO_GZIP,
  {
    name: '413 over 100 KB',
    does: 'has the limit of express.json()',
    settings: batch,
    ...LARGE,
    verdict: 'delivered',
    finding: 'size_limit',
    receive: limited(100 * KIB, { status: 413, body: 'PayloadTooLargeError' }),
  },
  {
    name: 'cut at 100 KB',
    does: 'reads the first 100 KB only, and finds that they are not JSON',
    settings: batch,
    ...LARGE,
    verdict: 'delivered',
    finding: 'size_limit',
    receive: limited(100 * KIB, {
      status: 400,
      body: { error: 'Unterminated string in JSON at position 102400' },
    }),
  },
  {
    name: 'too large, 400',
    does: 'says in a 400 that the request is too large',
    settings: batch,
    ...LARGE,
    verdict: 'delivered',
    finding: 'size_limit',
    receive: limited(100 * KIB, { status: 400, body: { error: 'request too large' } }),
  },
  {
    name: '207',
    does: 'answers 207 Multi-Status with an error in it',
    settings: batch,
    verdict: 'transient',
    finding: 'partial_failure',
    receive: (request) => ({
      status: 207,
      body: { successes: [], errors: idsOf(request).map((id) => ({ id, status: 400 })) },
    }),
  },
  {
    name: 'errors: true',
    does: 'says in a 200 that there were errors',
    settings: batch,
    verdict: 'transient',
    finding: 'partial_failure',
    receive: always({ status: 200, body: { errors: true } }),
  },
  {
    name: 'failed: 3',
    does: 'counts what failed in a 200',
    settings: batch,
    verdict: 'transient',
    finding: 'partial_failure',
    receive: always({ status: 200, body: { ok: 0, failed: 3 } }),
  },
  {
    name: 'success: false',
    does: 'says in a 200 that it did not succeed',
    settings: webhook,
    verdict: 'transient',
    finding: 'partial_failure',
    receive: always({ status: 200, body: { success: false, message: 'try again' } }),
  },
  {
    name: 'ids in lower case',
    does: 'answers with ids that it spells in its own way',
    settings: batch,
    verdict: 'transient',
    finding: 'ids_changed',
    receive: (request) => ({
      status: 200,
      body: {
        results: idsOf(request).map((id) => ({ event_id: id.toLowerCase(), status: 'success' })),
      },
    }),
  },
  {
    name: 'no deduplication',
    does: 'stores each resend again, and calls it a success',
    settings: batch,
    verdict: 'delivered',
    finding: 'no_deduplication',
    receive(request, stored) {
      const ids = idsOf(request);
      for (const id of ids) stored.add(id);
      return {
        status: 200,
        body: { results: ids.map((event_id) => ({ event_id, status: 'success' })) },
      };
    },
  },
  {
    name: 'no results, and results are wanted',
    does: 'answers ok where the target was told to wait for results',
    settings: { ...batch, ack: 'results' },
    verdict: 'transient',
    finding: 'no_results',
    receive: always({ status: 200, body: { ok: true } }),
  },
  {
    name: 'results for the first only',
    does: 'answers for one event of a batch',
    settings: batch,
    verdict: ['delivered', 'transient', 'transient'],
    finding: 'no_results',
    receive: (request) => ({
      status: 200,
      body: { results: [{ event_id: idsOf(request)[0], status: 'success' }] },
    }),
  },
  {
    name: '429',
    does: 'asks to come back in an hour',
    settings: batch,
    verdict: 'transient',
    finding: 'busy',
    receive: always({ status: 429, headers: { 'retry-after': '3600' }, body: 'slow down' }),
  },
  {
    name: '429, for a webhook',
    does: 'asks to come back in an hour',
    settings: webhook,
    verdict: 'transient',
    finding: 'busy',
    receive: always({ status: 429, headers: { 'retry-after': '3600' }, body: 'slow down' }),
  },
  {
    name: '410',
    does: 'says that nobody listens here any more',
    settings: webhook,
    verdict: 'transient',
    finding: 'gone',
    receive: always({ status: 410, body: 'gone' }),
  },
  {
    name: '503',
    does: 'is down for maintenance',
    settings: batch,
    verdict: 'transient',
    finding: 'unavailable',
    receive: always({ status: 503, body: '<html><body>Service Unavailable</body></html>' }),
  },
  {
    name: '404',
    does: 'has nothing at this address',
    settings: batch,
    verdict: 'transient',
    finding: 'no_route',
    receive: always({ status: 404, body: 'Cannot POST /in' }),
  },
  {
    name: '405',
    does: 'takes no POST at this address',
    settings: batch,
    verdict: 'transient',
    finding: 'no_route',
    receive: always({ status: 405, headers: { allow: 'GET' } }),
  },
  {
    name: '401',
    does: 'wants a key',
    settings: batch,
    verdict: 'transient',
    finding: 'unauthorized',
    receive: always({ status: 401, body: { error: 'no key' } }),
  },
  {
    name: '403',
    does: 'knows the key, and does not like it',
    settings: batch,
    verdict: 'transient',
    finding: 'unauthorized',
    receive: always({ status: 403, body: { error: 'not yours' } }),
  },
  {
    name: 'reset',
    does: 'drops the connection once it has read the request',
    settings: batch,
    verdict: 'transient',
    finding: 'no_answer',
    receive: always('reset'),
  },
  {
    name: 'clock',
    does: 'has a clock that is five hours behind',
    settings: batch,
    verdict: 'delivered',
    finding: 'clock',
    receive(request, stored) {
      const date = new Date(Date.now() - 5 * 3_600_000).toUTCString();
      return { ...taking(request, stored), headers: { date } };
    },
  },
  {
    name: 'clock, for a signature',
    does: 'refuses signatures as too old, by a clock that is an hour ahead',
    settings: { ...webhook, signed: true },
    verdict: 'rejected',
    finding: 'clock',
    receive(request) {
      oneOf(request);
      const date = new Date(Date.now() + 3_600_000).toUTCString();
      return { status: 400, headers: { date }, body: { error: 'Message timestamp too old' } };
    },
  },
];
