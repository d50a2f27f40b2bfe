import { shownAddress } from '../address/shown-address.js';
import type { App } from '../app/app.js';
import { dispatchQueueOf } from '../app/jobs/queue-names.js';
import { activeRow, ensureNamed } from '../app/named-target.js';
import { plainMessage } from '../files/trouble.js';
import type { TargetRecord } from '../targets/registry.js';

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
  readonly #given: readonly string[];
  readonly #onChange: TargetChange;
  #targets: readonly ServedTarget[] = [];
  #activeId: number | undefined;

  /** `given`: ids and addresses; none is the active target, whichever that is. */
  constructor(app: App, given: readonly string[], onChange: TargetChange) {
    this.#app = app;
    this.#given = [...new Set(given)];
    this.#onChange = onChange;
  }

  get all(): readonly ServedTarget[] {
    return this.#targets;
  }

  /** True when it serves what is active, and nothing by name. */
  get isForActive(): boolean {
    return this.#given.length === 0;
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
      const active = await activeRow(targets, situation);
      this.#activeId = active?.id;
      if (this.isForActive) return [{ shown: ACTIVE, id: undefined, out: reasonOf(active) }];
      return await Promise.all(
        this.#given.map((given) =>
          ensureNamed(targets, situation, given, this.#app.now()).then(
            (target) => ({ shown: shownOf(given), id: target.id, out: reasonOf(target) }),
            (error: Error) => unknown(given, error),
          ),
        ),
      );
    } catch (error) {
      // Whoever drains meets the same, and says more of it.
      if (this.isForActive) return [{ shown: ACTIVE, id: undefined, out: undefined }];
      const out = `it cannot be looked up: ${plainMessage(error)}`;
      return this.#given.map((given) => ({ shown: shownOf(given), id: undefined, out }));
    }
  }
}

function unknown(given: string, { message }: Error): ServedTarget {
  const shown = shownOf(given);
  return { shown, id: undefined, out: message.replaceAll(given, shown) };
}

/** Operators put keys into addresses. */
function shownOf(given: string): string {
  return /^\d+$/.test(given) ? `target ${given}` : shownAddress(given);
}

function reasonOf(target: TargetRecord | undefined): string | undefined {
  if (target === undefined || target.retiredAt === null) return undefined;
  const { id } = target;
  return `target ${id} is retired: \`redrain targets restore ${id}\` brings it back`;
}
