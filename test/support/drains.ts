import { join } from 'node:path';
import { drain } from '../../src/dispatch/drain.js';
import type { DrainDeps, DrainOptions } from '../../src/dispatch/drain-deps.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import type { DeliveryLedger, DeliveryReceiver } from '../../src/dispatch/ports.js';
import type { TargetLock } from '../../src/dispatch/target-lock.js';
import { FileTargetLock } from '../../src/sqlite/ledger/target-lock.js';
import { type Core, EVERYTHING_ALLOWED } from './core.js';
import { stateOf } from './temporary-home.js';

/** A clock that a test moves. */
export class TestClock {
  now = 10_000;
}

/** What a drain needs of a journal; without a lock of its own, that of a home on SQLite. */
type Drainable = Pick<Core, 'home'> & {
  readonly ledger: DeliveryLedger;
  targetLock?(targetId: number): TargetLock;
};

/** Drains one target of a core through a scripted receiver; anything can be replaced. */
export function drainWith(
  core: Drainable,
  receiver: DeliveryReceiver,
  more: Partial<DrainDeps & DrainOptions> & { clock?: TestClock } = {},
): Promise<DrainReport> {
  const clock = more.clock ?? new TestClock();
  const target = more.target ?? { id: 1, url: 'http://a.test' };
  const deps: DrainDeps = {
    target,
    ledger: core.ledger,
    receiver,
    lock:
      core.targetLock?.(target.id) ??
      new FileTargetLock(join(stateOf(core.home), 'locks'), target.id),
    holder: 'test',
    permission: async () => EVERYTHING_ALLOWED,
    noteGreeting: async () => null,
    now: () => clock.now,
    random: () => 0.5,
    ...more,
  };
  return drain(deps, {
    ignoreBackoff: true,
    waitForLock: true,
    signal: new AbortController().signal,
    ...more,
  });
}
