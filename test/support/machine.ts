import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type AppOptions } from '../../src/app/app.js';
import { Redrain } from '../../src/index.js';
import { journalRows } from '../library/journal-rows.js';
import { closeAfterTest, temporaryHome } from './temporary-home.js';

/**
 * A user's machine with redrain as a program has it: one home, one environment
 * and a clock that a test moves. Each `open` is like one more process.
 */
export class Machine {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock = { now: Date.UTC(2026, 0, 2, 3, 4, 5) };

  constructor(env: Readonly<Record<string, string>> = {}, home = join(temporaryHome(), 'home')) {
    this.env = env;
    this.home = home;
    mkdirSync(home, { recursive: true });
  }

  /** Replaces config.toml. */
  configure(toml: string): this {
    writeFileSync(join(this.home, 'config.toml'), toml);
    return this;
  }

  /** Sends to an endpoint of one's own from now on. */
  sendTo(endpoint: string, more = ''): this {
    return this.configure(
      `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\n${more}`,
    );
  }

  app(more: AppOptions = {}): App {
    const app = new App({
      home: this.home,
      env: this.env,
      now: () => this.clock.now,
      random: () => 0.5,
      ...more,
    });
    closeAfterTest(() => app.close());
    return app;
  }

  open(more: AppOptions = {}): Redrain {
    return Redrain.on(this.app(more));
  }

  /** Rows of the journal file, read as any other program could. */
  rows<T = Record<string, unknown>>(sql: string): T[] {
    return journalRows<T>(this.home, sql);
  }

  /** Event id → its status at the one target there is. */
  statuses(): Record<string, string> {
    const found = this.rows<{ id: string; status: string }>(
      'SELECT event_id AS id, status FROM delivery JOIN event USING (seq) ORDER BY seq',
    );
    return Object.fromEntries(found.map(({ id, status }) => [id, status]));
  }

  /** How many deliveries are in which status. */
  tally(): Record<string, number> {
    const found = this.rows<{ status: string; n: number }>(
      'SELECT status, count(*) AS n FROM delivery GROUP BY 1',
    );
    return Object.fromEntries(found.map(({ status, n }) => [status, n]));
  }
}
