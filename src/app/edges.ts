import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import type { EdgeDetails, EdgeFaultKind, EdgeRecord } from '../edges/edge-store.js';
import { edgeFaultText } from '../reports/findings/edges.js';
import type { App } from './app.js';

/** No edge of that number, home or name has sent. */
export class UnknownEdgeError extends RedrainError {
  override readonly name = 'UnknownEdgeError';
  readonly code = 'EDGE_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(readonly edge: string) {
    super(`no edge ${edge} has sent to this home`, {
      advice: '`redrain edges` lists those that have',
    });
  }
}

/** An edge as lists show it. */
export interface EdgeRow {
  readonly id: number;
  readonly name: string | null;
  readonly home: string;
  readonly host: string;
  /** `ok`, or what is wrong: the faults, then `gaps`. */
  readonly state: readonly (EdgeFaultKind | 'gaps' | 'ok')[];
  readonly highest: number;
  readonly complete_up_to: number;
  readonly received: number;
  readonly kept_there: number;
  readonly missing: number;
  readonly lag_ms: number | null;
  readonly clock_ahead_ms: number;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
}

/** An edge with its gaps, its faults in words, and the copies of its home. */
export interface EdgeReport extends EdgeRow {
  readonly gaps: readonly { readonly first: number; readonly last: number }[];
  readonly more_gaps: number;
  readonly faults: readonly {
    readonly kind: EdgeFaultKind;
    readonly message: string;
    readonly first_found_at: string;
    readonly last_found_at: string;
  }[];
  readonly copies: readonly {
    readonly instance: string;
    readonly host: string;
    readonly first_seen_at: string;
    readonly last_seen_at: string;
  }[];
}

/** Gaps that a report lists. */
const LISTED_GAPS = 100;

/** Every edge that has sent to this home. Changes nothing. */
export function readEdges(app: App): Promise<EdgeRow[]> {
  return app.readingStores(async (stores) => ((await stores?.edges.list()) ?? []).map(rowOf));
}

/** One edge, by number, home id or name. Changes nothing. @throws UnknownEdgeError */
export function readEdge(app: App, which: string): Promise<EdgeReport> {
  return app.readingStores(async (stores) => {
    const found = await stores?.edges.find(which, LISTED_GAPS);
    if (found === undefined) throw new UnknownEdgeError(which);
    return reportOf(found);
  });
}

/** Forgets the faults of an edge: somebody has seen them. Returns the edge as it was. @throws UnknownEdgeError */
export async function acknowledgeEdge(app: App, which: string): Promise<EdgeReport> {
  const known = await readEdge(app, which);
  const { edges } = await app.stores();
  await edges.acknowledge(known.id);
  return known;
}

function rowOf(edge: EdgeRecord): EdgeRow {
  const wrong = [...edge.faults.map(({ kind }) => kind), ...(edge.missing > 0 ? ['gaps'] : [])];
  return {
    id: edge.id,
    name: edge.name,
    home: edge.home,
    host: edge.host,
    state: (wrong.length === 0 ? ['ok'] : wrong) as EdgeRow['state'],
    highest: edge.high,
    complete_up_to: edge.complete,
    received: edge.received,
    kept_there: edge.excluded,
    missing: edge.missing,
    lag_ms: edge.lagMs,
    clock_ahead_ms: edge.clockMs,
    first_seen_at: timeOf(edge.firstSeenAt),
    last_seen_at: timeOf(edge.lastSeenAt),
  };
}

function reportOf(edge: EdgeDetails): EdgeReport {
  return {
    ...rowOf(edge),
    gaps: edge.gaps.map(([first, last]) => ({ first, last })),
    more_gaps: edge.gapsLeft,
    faults: edge.faults.map((fault) => ({
      kind: fault.kind,
      message: edgeFaultText(fault),
      first_found_at: timeOf(fault.firstFoundAt),
      last_found_at: timeOf(fault.lastFoundAt),
    })),
    copies: edge.instances.map(({ instance, host, firstSeenAt, lastSeenAt }) => ({
      ...{ instance, host },
      first_seen_at: timeOf(firstSeenAt),
      last_seen_at: timeOf(lastSeenAt),
    })),
  };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
