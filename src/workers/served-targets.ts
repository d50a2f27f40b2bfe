import { shownAddress } from '../address/shown-address.js';
import type { App } from '../app/app.js';
import { type OneOfMany, targetsInUse } from '../app/drain-each.js';
import { dispatchQueueOf } from '../app/jobs/queue-names.js';
import { activeRow, lookUp } from '../app/named-target.js';
import type { Situation } from '../app/situation.js';
import { plainMessage } from '../files/trouble.js';
import { faultOf } from '../targets/active-target.js';
import type { TargetRecord, TargetRegistry } from '../targets/registry.js';

/** One target that a worker was started for. */
export interface ServedTarget {
  /** As it was named, for people; `the active target` when none was. */
  readonly shown: string;
  /** Undefined while it is not known, or is whatever is active. */
  readonly id: number | undefined;
  /** Why it gets nothing now; undefined when it is served. */
  readonly out: string | undefined;
}

/** Hears of a target that went out of service, or came back. */
export type TargetChange = (target: ServedTarget) => void;

const ACTIVE = 'the active target';

/**
 * The targets of one dispatch worker. Each stands alone: one that is retired,
 * or that nobody knows, is out until it is there again, and the others go on.
 */
export class ServedTargets {
  readonly #app: App;
  readonly #given: readonly string[] | 'all';
  readonly #onChange: TargetChange;
  #targets: readonly ServedTarget[] = [];
  #activeId: number | undefined;

  /** `given`: names, ids and addresses; none is the active target, whichever that is. */
  constructor(app: App, given: readonly string[] | 'all', onChange: TargetChange) {
    this.#app = app;
    this.#given = given === 'all' ? given : [...new Set(given)];
    this.#onChange = onChange;
  }

  get all(): readonly ServedTarget[] {
    return this.#targets;
  }

  /** True when it serves what is active, and nothing by name. */
  get isForActive(): boolean {
    return this.#given !== 'all' && this.#given.length === 0;
  }

  /** Ids of the targets that were named and are in use. */
  get ids(): number[] {
    const open = this.#targets.filter(({ out }) => out === undefined);
    return [...new Set(open.flatMap(({ id }) => (id === undefined ? [] : [id])))];
  }

  /** Why nothing at all can be served; undefined when something can. */
  get outOfService(): string | undefined {
    const reasons = this.#targets.map(({ out }) => out);
    return reasons.length > 0 && reasons.every((one) => one !== undefined)
      ? reasons.join('; ')
      : undefined;
  }

  /** The active target, where it is one of these and in use. */
  get activeId(): number | undefined {
    const id = this.#activeId;
    return id !== undefined && this.ids.includes(id) ? id : undefined;
  }

  /** Whether jobs of this queue are to be taken now. */
  takes(queue: string): boolean {
    if (this.isForActive) return this.outOfService === undefined;
    if (queue === dispatchQueueOf(undefined)) return this.activeId !== undefined;
    return this.ids.some((id) => dispatchQueueOf(id) === queue);
  }

  /** Looks again at what became of each. Never throws: what cannot be read is out. */
  async refresh(): Promise<void> {
    const before = new Map(this.#targets.map((one) => [one.shown, one.out]));
    this.#targets = await this.#look();
    for (const one of this.#targets) {
      const wasOut = before.get(one.shown);
      if (one.out !== wasOut) this.#onChange(one);
    }
  }

  async #look(): Promise<ServedTarget[]> {
    try {
      const { targets } = await this.#app.stores();
      const situation = await this.#app.situation();
      const active = await this.#active(targets, situation);
      this.#activeId = active?.id;
      if (this.isForActive) return [{ shown: ACTIVE, id: undefined, out: reasonOf(active) }];
      const names = this.#given === 'all' ? await targetsInUse(this.#app) : this.#given.map(named);
      return await Promise.all(names.map((one) => this.#one(targets, situation, one)));
    } catch (error) {
      // Whoever drains meets the same, and says more of it.
      if (this.isForActive) return [{ shown: ACTIVE, id: undefined, out: undefined }];
      const out = `it cannot be looked up: ${plainMessage(error)}`;
      // Those it has served stay known: they are served again when they can be read.
      if (this.#given === 'all') return this.#targets.map((one) => ({ ...one, out }));
      return this.#given.map((given) => ({ shown: shownOf(given), id: undefined, out }));
    }
  }

  /** Who serves every target serves the active one from the start: it gets its row. */
  async #active(targets: TargetRegistry, situation: Situation): Promise<TargetRecord | undefined> {
    const known = await activeRow(targets, situation);
    if (known !== undefined || this.#given !== 'all' || situation.description === undefined)
      return known;
    return targets.ensure(situation.description, this.#app.now());
  }

  /** One that is declared and was never drained to gets its row. */
  async #one(
    targets: TargetRegistry,
    situation: Situation,
    { name, to = name }: OneOfMany,
  ): Promise<ServedTarget> {
    try {
      const { record, description } = await lookUp(targets, situation, to);
      const isNew = record === undefined && description !== undefined;
      const target = isNew ? await targets.ensure(description, this.#app.now()) : record;
      const fault = target && faultOf(situation.settings, target);
      return { shown: name, id: target?.id, out: fault ?? reasonOf(target) };
    } catch (error) {
      return unknown(name, to, error as Error);
    }
  }
}

const named = (given: string): OneOfMany => ({ name: shownOf(given), to: given });

function unknown(shown: string, given: string, { message }: Error): ServedTarget {
  return { shown, id: undefined, out: message.replaceAll(given, shown) };
}

/** Operators put keys into addresses. */
function shownOf(given: string): string {
  return /^\d+$/.test(given) ? `target ${given}` : shownAddress(given);
}

function reasonOf(target: TargetRecord | undefined): string | undefined {
  if (target === undefined || target.retiredAt === null) return undefined;
  const { name } = target;
  return `${name} is retired: \`redrain targets restore ${name}\` brings it back`;
}
