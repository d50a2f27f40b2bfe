import type { DeliveryReceiver } from '../../src/dispatch/ports.js';
import type { Stores } from '../../src/stores.js';
import type { TargetRecord } from '../../src/targets/registry.js';
import { capture } from './captures.js';
import { archive, gc, redact, restore } from './cleanings.js';
import {
  type Action,
  type Command,
  type Meanwhile,
  type Permit,
  PLAIN_NOW,
  PROJECTS,
  SERVERS,
  type ServerName,
} from './commands.js';
import {
  expectAgreement,
  expectErased,
  expectEverythingEverywhere,
  expectVerified,
} from './comparison.js';
import { decide } from './decisions.js';
import { Drains } from './drains.js';
import type { ModelEngine } from './engine.js';
import { changeStart, changeTypes } from './filters.js';
import { followLedger } from './followed-ledger.js';
import { Model } from './model.js';
import { ModelHome } from './model-home.js';
import { Mortality } from './mortality.js';
import { replay, retire, retry } from './requeues.js';
import { Setting } from './setting.js';

/** Longer than any server may ask to be left alone. */
const LONG_AFTER_MS = 7_200_000;

/** The real core on a home of its own, lived through command by command beside the model. */
export class Machine {
  readonly #at: Setting;
  readonly #drains: Drains;

  private constructor(at: Setting) {
    this.#at = at;
    this.#drains = new Drains(at, (action) => this.#meanwhile(action));
    at.configure();
  }

  static async start(engine: ModelEngine): Promise<Machine> {
    const model = new Model();
    const receiver = (target: TargetRecord): DeliveryReceiver => machine.#drains.receiver(target);
    const opened = ({ ledger }: Stores): void =>
      followLedger(ledger, machine.#drains.turns, machine.#drains);
    const home = await ModelHome.make(engine, { now: () => model.now, receiver, opened });
    const machine: Machine = new Machine(
      new Setting(model, home, new Mortality(() => home.bury())),
    );
    await home.open();
    return machine;
  }

  async end(): Promise<void> {
    this.#at.mortality.end();
    await this.#at.home.remove();
  }

  /** One command, whole or cut short, and everything compared after it. */
  async live({ diesAt, ...action }: Command): Promise<void> {
    const { model, home, mortality } = this.#at;
    model.now += 1;
    mortality.begin(diesAt);
    await this.#act(action);
    await expectAgreement(this.#at);
    const hasDied = mortality.isDead;
    mortality.begin(null);
    if (hasDied) await home.openAgain();
  }

  /**
   * Nothing goes wrong any more, and an operator takes back what keeps events
   * from leaving: one `now` for each target, and everybody has everything.
   */
  async deliverEverything(): Promise<void> {
    const perform = (action: Action): Promise<void> => this.live({ ...action, diesAt: null });
    await perform({ do: 'wait', ms: LONG_AFTER_MS });
    await perform({ do: 'permit', projects: PROJECTS, allowed: true });
    for (const [server, { retired }] of this.#at.model.targets)
      if (retired) await perform({ do: 'return', server });
    const archives = this.#at.home.observer.archives();
    for (const nth of archives.keys()) await perform({ do: 'restore', nth });
    await perform({ do: 'retry', nth: null });
    for (const server of this.#at.model.targets.keys()) {
      await perform({ do: 'types', server, types: [] });
      await perform({ do: 'from', server, at: 0 });
    }
    for (const server of SERVERS) {
      await perform({ do: 'switch', server });
      await perform(PLAIN_NOW);
    }
    expectEverythingEverywhere(this.#at);
    expectErased(this.#at);
    await expectVerified(this.#at);
  }

  async #act(action: Action): Promise<void> {
    switch (action.do) {
      case 'now':
        return this.#drains.now(action);
      case 'switch':
        return this.#switch(action.server);
      case 'wait':
        this.#at.model.now += action.ms;
        return;
      default:
        return this.#meanwhile(action);
    }
  }

  async #meanwhile(action: Meanwhile): Promise<void> {
    switch (action.do) {
      case 'capture':
        return capture(this.#at, action);
      case 'permit':
        return this.#permit(action);
      case 'retry':
        return retry(this.#at, action);
      case 'replay':
        return replay(this.#at, action);
      case 'decide':
        return decide(this.#at, action);
      case 'types':
        return changeTypes(this.#at, action);
      case 'from':
        return changeStart(this.#at, action);
      case 'gc':
        return gc(this.#at);
      case 'archive':
        return archive(this.#at, action.undelivered);
      case 'restore':
        return restore(this.#at, action.nth);
      case 'redact':
        return redact(this.#at, action.nth);
      case 'retire':
      case 'return':
        return retire(this.#at, action.server, action.do === 'retire');
    }
  }

  #switch(server: ServerName | null): void {
    this.#at.model.server = server;
    this.#at.configure();
  }

  #permit({ projects, allowed }: Permit): void {
    for (const project of projects) this.#at.model.allowed.set(project, allowed);
    this.#at.configure();
  }
}
