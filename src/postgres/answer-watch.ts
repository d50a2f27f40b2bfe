import type { Client, Driver } from './driver.js';
import { cut, end, socketOf, within } from './ending.js';
import type { Place } from './place.js';

/** Milliseconds between two looks at a connection. */
const LOOK_MS = 1_000;

/** Looks at a statement without an answer until the server is asked about it. */
const QUIET_LOOKS = 2;

/** How often in a row the answer must be that nobody works on it. */
const DOUBTS = 2;

/** Milliseconds for that question. */
const ASK_MS = 2_000;

/**
 * The backend is in the middle of a statement, and does not wait for more of what was sent to it, rows
 * for a table apart. A server that tells nobody what its backends do (`track_activities`) is
 * trusted as long as the backend is there.
 */
const IS_AT_WORK = `
  SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND COALESCE(state, '') NOT LIKE 'idle%'
    AND (wait_event IS DISTINCT FROM 'ClientRead' OR query ~ 'FROM STDIN')`;

/**
 * Breaks a connection whose statement nobody works on any more. When a network drops
 * packets, or a machine is gone without a word, the kernel learns it after a quarter
 * of an hour, and no limit on the time of a statement tells that from a long one. So
 * whoever hears nothing for some seconds asks the server over another connection.
 *
 * Looks are counted, and no clock is read: while this process was stopped, or its event
 * loop held up, an answer may have come that it could not see.
 */
export class AnswerWatch {
  readonly #client: Client;
  readonly #isAtWork: () => Promise<boolean>;
  readonly #looking: NodeJS.Timeout;
  #seen = '';
  #quiet = 0;
  #doubts = 0;
  #isAsking = false;

  constructor(client: Client, isAtWork: () => Promise<boolean>, lookMs = LOOK_MS) {
    this.#client = client;
    this.#isAtWork = isAtWork;
    this.#looking = setInterval(() => void this.#look(), lookMs).unref();
    client.once('end', () => clearInterval(this.#looking));
  }

  async #look(): Promise<void> {
    if (this.#isAsking || !this.#isQuiet()) return;
    this.#quiet += 1;
    if (this.#quiet < QUIET_LOOKS) return;
    this.#isAsking = true;
    const isAtWork = await this.#isAtWork();
    this.#isAsking = false;
    // Heard meanwhile: what the server said of it is of the past.
    if (!this.#isQuiet()) return;
    if (isAtWork) return this.#begin();
    this.#doubts += 1;
    if (this.#doubts === DOUBTS)
      cut(this.#client, 'a statement has no answer, and the server works on none');
  }

  /** A statement waits, and since the last look nothing came for it and nothing of it left. */
  #isQuiet(): boolean {
    const { bytesRead, writableLength } = socketOf(this.#client);
    const now = `${bytesRead} ${writableLength}`;
    const isQuiet = isBusy(this.#client) && now === this.#seen;
    this.#seen = now;
    if (!isQuiet) this.#begin();
    return isQuiet;
  }

  #begin(): void {
    this.#quiet = 0;
    this.#doubts = 0;
  }
}

/** The driver shows it, and does not declare it. */
function isBusy(client: Client): boolean {
  return (client as unknown as { readonly readyForQuery: boolean }).readyForQuery === false;
}

/** Asks the server over a connection of its own whether that backend works on a statement. */
export async function isAtWork(driver: Driver, place: Place, pid: number): Promise<boolean> {
  const client = new driver.Client({
    connectionString: place.connectionString,
    application_name: `redrain watch ${process.pid}`,
  });
  client.on('error', () => undefined);
  try {
    return await within(ASK_MS, client, async () => {
      await client.connect();
      return (await client.query(IS_AT_WORK, [pid])).rows.length > 0;
    });
  } catch (error) {
    // A server that refuses the question is there, and so may be the backend.
    return (error as { readonly severity?: string }).severity !== undefined;
  } finally {
    void end(client);
  }
}
