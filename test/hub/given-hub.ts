import { join } from 'node:path';
import Database from 'better-sqlite3';
import { App, type AppOptions } from '../../src/app/app.js';
import { Taking } from '../../src/app/receive/taking.js';
import type { TargetSettings } from '../../src/config/target-settings.js';
import { Admission, type SenderRule } from '../../src/hub/admission.js';
import { HubHandler } from '../../src/hub/hub-handler.js';
import { type ConnectionLimits, HubServer } from '../../src/hub/hub-server.js';
import type { WorkLimits } from '../../src/hub/work-limit.js';
import { openRedrain, type Redrain } from '../../src/index.js';
import { type ReceiverLimits, resolveLimits } from '../../src/receive/limits.js';
import type { Stores } from '../../src/stores.js';
import type { AnswerDocument } from '../receive/given-receiver.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';

export interface GivenHub {
  readonly app: App;
  readonly url: string;
  readonly port: number;
  readonly server: HubServer;
  readonly errors: unknown[];
  stores(): Promise<Stores>;
  /** As JSON, unless the headers say otherwise. */
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<HubAnswer>;
}

export interface HubAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: AnswerDocument;
}

export interface GivenHubOptions {
  readonly app?: AppOptions;
  readonly port?: number;
  readonly senders?: SenderRule;
  readonly limits?: Partial<ReceiverLimits>;
  readonly work?: Partial<WorkLimits>;
  readonly connections?: ConnectionLimits;
}

/** A hub in this process, on a home of its own. */
export async function givenHub(options: GivenHubOptions = {}): Promise<GivenHub> {
  const app = new App({ home: temporaryHome(), env: {}, ...options.app });
  const errors: unknown[] = [];
  const stores = () => app.stores();
  const handler = new HubHandler({
    taking: new Taking(app),
    admission: new Admission(
      options.senders ?? { anybody: true },
      async () => (await stores()).edges,
    ),
    limits: resolveLimits(options.limits),
    work: { requests: 1_024, perSender: 256, ...options.work },
    now: () => app.now(),
    notReady: async () => [],
    onRequest: () => undefined,
    onError: (error) => errors.push(error),
  });
  const at = { port: options.port ?? 0, host: '127.0.0.1' };
  const server = await HubServer.start(
    at,
    (request) => handler.handle(request),
    options.connections,
  );
  closeAfterTest(async () => {
    await server.close();
    await app.close();
  });
  const { url, port } = server;
  const post = async (body: string | Buffer, headers = {}): Promise<HubAnswer> =>
    answerOf(
      await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: Buffer.isBuffer(body) ? new Uint8Array(body) : body,
      }),
    );
  return { app, url, port, server, errors, stores, post };
}

export async function answerOf(response: Response): Promise<HubAnswer> {
  const body = (await response.json()) as AnswerDocument;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
}

/** The verdicts of an answer, in the order of the events. */
export const verdicts = ({ body }: HubAnswer): (string | undefined)[] =>
  (body.results ?? []).map(({ status }) => status);

/** `clock.ahead`: milliseconds by which its clock is ahead, to be changed by the test. */
type EdgeOptions = {
  home?: string;
  token?: string;
  clock?: { ahead: number };
} & Partial<TargetSettings>;

/** A home that drains into a hub; `more` are further settings of its target. */
export async function givenEdge(
  { url }: Pick<GivenHub, 'url'>,
  { home = temporaryHome(), token, clock = { ahead: 0 }, ...more }: EdgeOptions = {},
): Promise<Redrain & { readonly home: string }> {
  const auth = token === undefined ? {} : { authEnv: 'HUB_TOKEN' };
  const redrain = await openRedrain({
    home,
    now: () => Date.now() + clock.ahead,
    env: token === undefined ? {} : { HUB_TOKEN: token },
    targets: { hub: { url, format: 'hub', ...auth, ...more } },
  });
  closeAfterTest(() => redrain.close());
  await redrain.targets.use('hub');
  return Object.assign(redrain, { home });
}

/** All that an event is, but its number and when it came: by home, in the order of ids. */
export function contentsOf(home: string): unknown[] {
  const db = new Database(join(stateOf(home), 'journal.db'), { readonly: true });
  try {
    return db.prepare(CONTENTS).all();
  } finally {
    db.close();
  }
}

const CONTENTS = `
  SELECT e.event_id, hex(e.sha256) AS sha256, hex(p.bytes) AS bytes, e.event_type, e.event_time,
    e.occurred_at, e.carries_id, e.undeliverable, o.project_uuid, o.repo_slug, o.checkout
  FROM event e JOIN payload p ON p.seq = e.seq JOIN origin o ON o.id = e.origin_id
  ORDER BY e.event_id, e.revision`;
