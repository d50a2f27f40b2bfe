import {
  type RawAnswer,
  type ScriptedAnswer,
  type SeenRequest,
  scriptedServer,
} from '../receivers/scripted-server.js';
import { closeAfterTest } from './temporary-home.js';

type Answer = ScriptedAnswer | RawAnswer;

/** A server of events on loopback whose verdicts a test writes; it keeps what it was sent. */
export interface EventServer {
  readonly url: string;
  /** Everything it was asked, in order. */
  readonly seen: readonly SeenRequest[];
  /** Paths of everything it was asked, in order. */
  readonly paths: readonly string[];
  /** Ids of every batch, in order. */
  readonly posts: readonly (readonly string[])[];
  connections(): number;
  /** Answers one batch; by default every event is a success. */
  answer: (eventIds: string[], request: SeenRequest) => Answer;
  /** Answers everything else; by default nothing else is offered. */
  otherwise: (request: SeenRequest) => Answer;
}

export async function eventServer(): Promise<EventServer> {
  const server = await scriptedServer((request) =>
    isBatch(request) ? given.answer(request.eventIds, request) : given.otherwise(request),
  );
  closeAfterTest(() => server.close());
  const given: EventServer = {
    url: server.url,
    seen: server.seen,
    get paths() {
      return server.seen.map(({ path }) => path);
    },
    get posts() {
      return server.seen.filter(isBatch).map(({ eventIds }) => eventIds);
    },
    connections: server.connections,
    answer: (eventIds) => verdicts(eventIds, () => 'success'),
    otherwise: () => ({ status: 404 }),
  };
  return given;
}

const isBatch = ({ method, path }: SeenRequest): boolean =>
  method === 'POST' && !path.startsWith('/api/v1/token/');

/** A 200 with one verdict for each event: a status, or the whole entry beside its id. */
export function verdicts(
  eventIds: readonly string[],
  verdict: (eventId: string) => string | object,
): ScriptedAnswer {
  const results = eventIds.map((id) => {
    const said = verdict(id);
    return { event_id: id, ...(typeof said === 'string' ? { status: said } : said) };
  });
  return said(200, { results });
}

/** An answer with this document. */
export const said = (status: number, document: unknown): ScriptedAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(document),
});
