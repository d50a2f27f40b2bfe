import type { TargetOptions } from '../config/target-settings.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import type { TargetChangeOptions } from './declared-targets.js';
import { readTargets, type TargetSummary } from './targets.js';
import type { TargetTest, TargetTestOptions } from './test-target.js';

/** The targets of a home. Names, ids and addresses all name a target. */
export interface Targets {
  /** Every known target. Changes nothing. */
  (): Promise<TargetSummary[]>;
  /** Every known target. Changes nothing. */
  list(): Promise<TargetSummary[]>;
  /**
   * Declares a target in config.toml. A known address keeps what it has. The first target of a
   * home that sends nowhere yet is the active one.
   *
   * @throws TargetNameError, TargetNameTakenError, UnusableUrlError, AddressTakenError,
   * ConfigUnreadableError, ConfigEditError.
   */
  add(name: string, target: TargetOptions): Promise<TargetRecord>;
  /**
   * Changes settings; one that is `undefined` goes back to its default. Another `url` is another
   * target, which gets everything, unless it is the `same` receiver, moved.
   *
   * @throws UnknownTargetNameError, HostedTargetError, UnusableUrlError, AddressTakenError,
   * ConfigUnreadableError, ConfigEditError.
   */
  set(target: string, changes: TargetChangeOptions): Promise<TargetRecord>;
  /**
   * Makes a target the active one, and chooses the mode that delivers to it.
   *
   * @throws UnknownTargetNameError, MisconfiguredTargetError, ConfigUnreadableError.
   */
  use(target: string): Promise<TargetRecord>;
  /**
   * Finds with canaries what is wrong with a target, and which settings fit (docs/targets.md).
   * Sends nothing of the journal, and changes nothing here.
   *
   * @throws UnknownTargetNameError, RetiredTargetError, MisconfiguredTargetError,
   * DeliveryOffError, ConfigUnreadableError.
   */
  test(target: string, options?: TargetTestOptions): Promise<TargetTest>;
}

/** Code that only a change needs is loaded with the first one. */
export function targetsOf(app: App): Targets {
  const declared = () => import('./declared-targets.js');
  const list = (): Promise<TargetSummary[]> => readTargets(app);
  return Object.assign((): Promise<TargetSummary[]> => list(), {
    list,
    async add(name: string, { url, ...settings }: TargetOptions): Promise<TargetRecord> {
      const { addTarget } = await declared();
      return (await addTarget(app, { name, url, settings })).record;
    },
    async set(target: string, changes: TargetChangeOptions): Promise<TargetRecord> {
      const { setTarget } = await declared();
      return (await setTarget(app, target, changes)).record;
    },
    async use(target: string): Promise<TargetRecord> {
      const { useTarget } = await declared();
      return useTarget(app, target);
    },
    async test(target: string, options: TargetTestOptions = {}): Promise<TargetTest> {
      const { testTarget } = await import('./test-target.js');
      return testTarget(app, target, options);
    },
  });
}
