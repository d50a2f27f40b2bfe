import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type DrainReport, openRedrain, type Redrain } from '../../src/index.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';
import { API_KEY, SECRET } from './plain-receivers.js';
import type { Settings, State } from './receiver.js';

/** Where a target is, beside what a person would set for it. */
export interface Place {
  readonly url: string;
  /** Variables that lead there. */
  readonly env?: Readonly<Record<string, string>>;
  /** PEM of a certificate to be trusted. */
  readonly ca?: string;
}

/** A home with these events and one target, drained as `redrain now` does. */
export interface Drained {
  /** What became of each event, in their order. */
  readonly states: (State | undefined)[];
  readonly report: DrainReport;
  /** Captures these as well and drains once more, as another process would. */
  again(captured?: readonly string[]): Promise<DrainReport>;
  /** Sends what was delivered once more, on purpose. */
  replayed(): Promise<DrainReport>;
}

/** Drains these payloads to one target by the configuration that a person would write. */
export async function drained(
  place: Place,
  settings: Settings,
  payloads: readonly string[],
): Promise<Drained> {
  const home = temporaryHome();
  writeFileSync(join(home, 'config.toml'), configuration(home, place, settings));
  const once = async (first: (redrain: Redrain) => Promise<unknown>): Promise<DrainReport> => {
    const redrain = await openRedrain({
      home,
      env: { ...place.env, HOOK_SECRET: SECRET, API_KEY },
    });
    closeAfterTest(() => redrain.close());
    await first(redrain);
    const report = await redrain.drain();
    await redrain.close();
    return report;
  };
  const again = (captured: readonly string[] = []) =>
    once((redrain) => redrain.captureMany(captured));
  const replayed = () => once((redrain) => redrain.replay({ target: 'x' }));
  const report = await again(payloads);
  return { report, states: statesIn(home, payloads), again, replayed };
}

function configuration(home: string, { url, ca }: Place, settings: Settings): string {
  const { signed, ...others } = settings;
  if (ca !== undefined) writeFileSync(join(home, 'ca.pem'), ca);
  const keys = {
    url,
    ...others,
    ...(signed === true && { secret_env: 'HOOK_SECRET' }),
    ...(ca !== undefined && { ca_file: 'ca.pem' }),
  };
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[sync]\nmode = "EXTERNAL_RECEIVER"\ntarget = "x"\n[sync.targets.x]\n${lines.join('\n')}\n`;
}

const STATES: Readonly<Record<string, State>> = {
  success: 'delivered',
  duplicate: 'delivered',
  pending: 'pending',
  rejected: 'rejected',
  failed_transient: 'transient',
  terminal_failed: 'terminal',
};

function statesIn(home: string, payloads: readonly string[]): (State | undefined)[] {
  const db = new Database(join(stateOf(home), 'journal.db'), { readonly: true });
  const rows = db
    .prepare('SELECT e.event_id AS id, d.status FROM event e JOIN delivery d ON d.seq = e.seq')
    .all() as { id: string; status: string }[];
  db.close();
  const byId = new Map(rows.map(({ id, status }) => [id, STATES[status]]));
  return payloads.map((payload) =>
    byId.get((JSON.parse(payload) as { event_id: string }).event_id),
  );
}
