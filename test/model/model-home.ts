import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from '../../src/app/app.js';
import type { DeliveryReceiver } from '../../src/dispatch/ports.js';
import type { Stores } from '../../src/stores.js';
import type { TargetRecord } from '../../src/targets/registry.js';
import { type Project, SERVERS, type ServerName } from './commands.js';
import type { ModelEngine, ModelJournal } from './engine.js';
import { COALESCING_TYPE } from './fact.js';
import { Observer } from './observer.js';

export const endpointOf = (server: ServerName): string => `http://${server}.test/in`;

/** What the home needs of its program. */
export interface Surroundings {
  now(): number;
  receiver(target: TargetRecord): DeliveryReceiver;
  /** Told of the stores of each process that drains. */
  opened(stores: Stores): void;
}

/** A process of the home. */
interface Process {
  readonly app: App;
  readonly stores: Stores;
}

/** A home of its own for one program, with the process that works on it, another one, and one that only looks. */
export class ModelHome {
  readonly path: string;
  readonly journal: ModelJournal;
  readonly observer: Observer;
  readonly #around: Surroundings;
  #own: Process | undefined;
  /** Opened when it first has something to do. */
  #another: Process | undefined;
  #acting: Process | undefined;

  private constructor(path: string, journal: ModelJournal, around: Surroundings) {
    this.path = path;
    this.journal = journal;
    this.#around = around;
    this.observer = new Observer(journal.witness, path);
  }

  static async make(engine: ModelEngine, around: Surroundings): Promise<ModelHome> {
    const path = mkdtempSync(join(tmpdir(), 'redrain-model-'));
    return new ModelHome(path, await engine.journal(path), around);
  }

  /** Of the process that acts at this moment. */
  get app(): App {
    return (this.#acting as Process).app;
  }

  async open(): Promise<void> {
    this.#own = await this.#start();
    this.#acting = this.#own;
    this.#around.opened(this.#own.stores);
  }

  /** The next process on this home, after a death. */
  async openAgain(): Promise<void> {
    await this.#close();
    await this.journal.outlive();
    await this.open();
  }

  /** A process that does not drain acts, for as long as `work` takes. */
  async asAnother(work: () => Promise<void>): Promise<void> {
    this.#another ??= await this.#start();
    this.#acting = this.#another;
    try {
      await work();
    } finally {
      this.#acting = this.#own;
    }
  }

  /** The machine is off, in the middle of whatever was done. */
  bury(): void {
    for (const process of [this.#own, this.#another])
      if (process !== undefined) this.journal.bury(process.stores);
  }

  configure(configured: Configured): void {
    const file = join(this.path, 'config.toml');
    // A new file each time: some file systems flush one that is truncated and written again.
    rmSync(file, { force: true });
    writeFileSync(file, configText(configured));
  }

  async remove(): Promise<void> {
    await this.#close();
    await this.journal.witness.close();
    rmSync(this.path, { recursive: true, force: true });
  }

  async #close(): Promise<void> {
    await this.#own?.app.close();
    await this.#another?.app.close();
    this.#another = undefined;
  }

  async #start(): Promise<Process> {
    const { now, receiver } = this.#around;
    const app = new App({
      home: this.path,
      env: this.journal.env,
      now,
      random: () => 0.5,
      receiver,
      storage: { busyTimeoutMs: 1 },
    });
    const stores = await app.stores();
    await this.journal.settle(stores);
    return { app, stores };
  }
}

/** What config.toml says. */
export interface Configured {
  readonly server: ServerName | null;
  readonly allowed: ReadonlyMap<Project, boolean>;
  readonly types: ReadonlyMap<ServerName, readonly string[]>;
}

function configText({ server, allowed, types }: Configured): string {
  const answers = [...allowed].map(
    ([project, yes]) => `${project ?? 'unassigned'} = "${yes ? 'allow' : 'hold'}"`,
  );
  return [
    '[sync]',
    `mode = "${server === null ? 'LOCAL_RETENTION' : 'EXTERNAL_RECEIVER'}"`,
    ...(server === null ? [] : [`target = "${server}"`]),
    ...SERVERS.flatMap((name) => targetText(name, types.get(name) ?? [])),
    '[sync.projects]',
    ...answers,
    '[sync.coalesce]',
    `${COALESCING_TYPE} = ["payload.key"]`,
    '',
  ].join('\n');
}

const targetText = (name: ServerName, types: readonly string[]): string[] => [
  `[sync.targets.${name}]`,
  `url = "${endpointOf(name)}"`,
  'projects = "allowed"',
  ...(types.length === 0 ? [] : [`types = ${JSON.stringify(types)}`]),
];
