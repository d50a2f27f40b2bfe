import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { App } from '../../src/app/app.js';
import type { DeliveryReceiver } from '../../src/dispatch/ports.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import type { TargetRecord } from '../../src/targets/registry.js';
import { connectionOf } from '../support/core.js';
import { stateOf } from '../support/temporary-home.js';
import { type Project, SERVERS, type ServerName } from './commands.js';
import { COALESCING_TYPE } from './fact.js';
import { Observer } from './observer.js';

export const endpointOf = (server: ServerName): string => `http://${server}.test/in`;

/** What the home needs of its program. */
export interface Surroundings {
  now(): number;
  receiver(target: TargetRecord): DeliveryReceiver;
}

/** A home of its own for one program, with the process that works on it and one that only looks. */
export class ModelHome {
  readonly path: string;
  readonly observer: Observer;
  readonly witness: JournalDatabase;
  readonly #around: Surroundings;
  #app: App;
  #journal: JournalDatabase | undefined;

  private constructor(path: string, around: Surroundings) {
    this.path = path;
    this.#around = around;
    this.#app = this.#newApp();
    // Open for as long as the program lasts: a process that dies leaves its log as it is.
    this.witness = JournalDatabase.openReadOnly(
      join(stateOf(path), 'journal.db'),
    ) as JournalDatabase;
    this.observer = new Observer(this.witness, path);
  }

  /** `template` is an empty journal of today's schema. */
  static async make(template: string, around: Surroundings): Promise<ModelHome> {
    const path = mkdtempSync(join(tmpdir(), 'redrain-model-'));
    mkdirSync(stateOf(path), { recursive: true });
    copyFileSync(template, join(stateOf(path), 'journal.db'));
    const home = new ModelHome(path, around);
    await home.open();
    return home;
  }

  get app(): App {
    return this.#app;
  }

  /** The next process on this home. */
  async open(): Promise<void> {
    this.#app = this.#newApp();
    this.#journal = connectionOf(await this.#app.stores());
    // Nothing here is about power failures, or about waiting for another writer.
    this.#journal.statement('PRAGMA synchronous = OFF').run();
    this.#journal.statement('PRAGMA busy_timeout = 0').get();
  }

  /** The process is gone, in the middle of whatever it did. */
  bury(): void {
    this.#journal?.close();
  }

  configure(configured: Configured): void {
    const file = join(this.path, 'config.toml');
    // A new file each time: some file systems flush one that is truncated and written again.
    rmSync(file, { force: true });
    writeFileSync(file, configText(configured));
  }

  /** Runs something while another program holds the journal's write lock. */
  async whileLocked<T>(work: () => Promise<T>): Promise<T> {
    const other = new Database(this.witness.file);
    other.exec('BEGIN IMMEDIATE');
    try {
      return await work();
    } finally {
      other.close();
    }
  }

  async remove(): Promise<void> {
    await this.#app.close();
    this.bury();
    this.witness.close();
    rmSync(this.path, { recursive: true, force: true });
  }

  #newApp(): App {
    const { now, receiver } = this.#around;
    return new App({
      home: this.path,
      env: {},
      now,
      random: () => 0.5,
      receiver,
      storage: { busyTimeoutMs: 1 },
    });
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
