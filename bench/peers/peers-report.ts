import type { BenchSurroundings } from '../bench-surroundings.js';
import { median } from '../median.js';
import { perSecond } from '../rounds.js';
import type { PeerRun } from './peer-process.js';
import { PEERS } from './peers.js';
import { type Given, runPeer, syncsPerEvent } from './run-peer.js';
import { WAYS, type WayName } from './ways.js';

/** What one peer does in one way. */
export interface PeerRow {
  readonly way: string;
  readonly peer: string;
  readonly durability: string;
  /** Medians over the rounds. */
  readonly events_per_s: number;
  /** Microseconds of the calling process; what a server uses is not in it. */
  readonly cpu_us_per_event: number;
  /** Null where they cannot be counted. */
  readonly fsyncs_per_event: number | null;
  /** Of redrain's rate in the same rounds. */
  readonly ratio: number;
}

/** Every event is traced, which takes long: fewer of them say the same. */
const TRACED = { one: 100, callers: 1_280, many: 4_000 } satisfies Record<WayName, number>;

/** redrain and what a user would pick in its place, in turn. One that cannot be started is left out, and said. */
export async function peersReport(at: BenchSurroundings): Promise<PeerRow[]> {
  const rows: PeerRow[] = [];
  for (const way of Object.keys(WAYS) as WayName[]) rows.push(...(await rowsOf(at, way)));
  return rows;
}

async function rowsOf(at: BenchSurroundings, way: WayName): Promise<PeerRow[]> {
  const events = at.scaled(WAYS[way].events, 100);
  const runs = await runsInTurn(at, way, events);
  const rate = ({ ms }: PeerRun): number => perSecond(events, ms);
  const own = (runs.get('redrain') ?? []).map(rate);
  const rows: PeerRow[] = [];
  for (const [peer, of] of runs) {
    const syncs = await syncsPerEvent(at.workspace, { peer, way, events: TRACED[way] });
    rows.push({
      way: WAYS[way].name,
      peer,
      durability: of[0]?.durability ?? '',
      events_per_s: median(of.map(rate)),
      cpu_us_per_event: median(of.map(({ cpu_us }) => cpu_us / events)),
      fsyncs_per_event: syncs ?? null,
      ratio: median(of.map((run, i) => rate(run) / (own[i] ?? Number.NaN))),
    });
  }
  return rows;
}

/** The runs of each peer that can be run here, round by round. The first round only warms up. */
export async function runsInTurn(
  at: BenchSurroundings,
  way: WayName,
  events: number,
): Promise<Map<string, PeerRun[]>> {
  const runs = new Map<string, PeerRun[]>(PEERS.map(({ name }) => [name, []]));
  for (let round = 0; round <= at.rounds; round += 1)
    for (const [peer, of] of runs) {
      const run = await runOrSay(at, { peer, way, events });
      if (run === undefined) runs.delete(peer);
      else if (round > 0) of.push(run);
    }
  return runs;
}

/** Undefined, and said, when it cannot be run here. */
async function runOrSay(at: BenchSurroundings, given: Given): Promise<PeerRun | undefined> {
  try {
    return await runPeer(at.workspace, given);
  } catch (error) {
    const why = (error as Error).message.split('\n').find((line) => /Error:/.test(line));
    at.say(`left out: ${given.peer}, ${WAYS[given.way].name}: ${why ?? (error as Error).message}`);
    return undefined;
  }
}
