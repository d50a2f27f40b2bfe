import type { JobControl } from '../../src/retention/job-control.js';
import { SERVERS, type ServerName } from './commands.js';
import { type Happened, Model } from './model.js';
import type { ModelHome } from './model-home.js';
import type { Mortality } from './mortality.js';
import type { Observed } from './observed.js';
import { Server } from './server.js';

/** Nobody watches, and no signal comes. */
export const NO_CONTROL: JobControl = {
  signal: new AbortController().signal,
  progress: () => undefined,
};

/** Where a program takes place: the real home, the model of it, and the servers out there. */
export class Setting {
  readonly model: Model;
  readonly home: ModelHome;
  readonly mortality: Mortality;
  readonly #servers = new Map<ServerName, Server>(SERVERS.map((name) => [name, new Server()]));

  constructor(model: Model, home: ModelHome, mortality: Mortality) {
    this.model = model;
    this.home = home;
    this.mortality = mortality;
  }

  server(name: ServerName): Server {
    return this.#servers.get(name) as Server;
  }

  configure(): void {
    this.home.configure(this.model);
  }

  /** Undefined after an error with one of these names, or after the process died. */
  async tried<T>(work: Promise<T>, ...expected: string[]): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (this.mortality.isDead || expected.includes((error as Error).name)) return undefined;
      throw error;
    }
  }

  /** Of a command that was killed, only what can be seen took place. */
  async happened(isSeen: (seen: Observed) => Happened): Promise<Happened> {
    return this.mortality.isDead ? isSeen(await this.home.observer.look()) : () => true;
  }

  /** The model follows what was taken out of the spool. */
  async followSpool(): Promise<void> {
    this.model.ingestSpool((await this.home.observer.ingested()) - this.model.ingested);
  }
}
