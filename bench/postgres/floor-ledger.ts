import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { placeOf } from '../../src/postgres/place.js';
import { CLAIM, SETTLE } from './floor.sql.js';

interface Row {
  readonly seq: string;
  readonly origin_id: string;
  readonly size: string;
  readonly bytes: Buffer;
}

/** Claims and settles through `pg` alone: two statements a batch, each a commit of its own. */
export class FloorLedger {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(url: string): Promise<FloorLedger> {
    const client = new pg.Client(placeOf(url).connectionString);
    await client.connect();
    await client.query('SET search_path = floor');
    return new FloorLedger(client);
  }

  /** All that there is for a target; returns how many events. */
  async drain(target: number): Promise<number> {
    let delivered = 0;
    for (let after = 0; ; ) {
      const claimId = randomUUID();
      const values = [target, after, claimId, Date.now()];
      const { rows } = await this.#client.query<Row>({ name: 'claim', text: CLAIM, values });
      if (rows.length === 0) return delivered;
      after = await this.#settle(target, claimId, rows);
      delivered += rows.length;
    }
  }

  /** Returns the last number. */
  async #settle(target: number, claimId: string, rows: readonly Row[]): Promise<number> {
    const [first, last] = [Number(rows[0]?.seq), Number(rows.at(-1)?.seq)];
    const counts = new Map<string, number>();
    let bytes = 0;
    for (const row of rows) {
      counts.set(row.origin_id, (counts.get(row.origin_id) ?? 0) + 1);
      bytes += row.bytes.length;
    }
    const outcomes = JSON.stringify({ success: [[first, last]] });
    const counted = [[...counts.keys()], [...counts.values()]];
    const values = [target, first, last, Date.now(), ...counted, outcomes, bytes, claimId];
    const { rowCount } = await this.#client.query({ name: 'settle', text: SETTLE, values });
    if (rowCount !== 1) throw new Error('the flight has gone');
    return last;
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
