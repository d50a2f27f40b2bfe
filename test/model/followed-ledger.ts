import type { DeliveryLedger } from '../../src/dispatch/ports.js';
import type { Turns } from './turns.js';

/** Told of what a drain asks its ledger for. */
export interface LedgerFollower {
  /** The drain is about to post these, if nothing is against it. */
  asks(seqs: readonly number[]): void;
  givesBack(seqs: readonly number[]): void;
  /** Events were claimed, or read to be claimed next: whatever happens now, the drain has to find out. */
  between(isRead: boolean): Promise<void>;
}

/**
 * Has the calls of a drain to its ledger take turns with what else the program does,
 * and tells of them. The ledger itself does what it always does.
 */
export function followLedger(ledger: DeliveryLedger, turns: Turns, follower: LedgerFollower): void {
  const { claim, lookAhead, claimBehind, settle, release, redactedOf } = ledger;
  ledger.claim = async (...given) => {
    const claimed = await turns.take(() => claim.apply(ledger, given));
    if (claimed !== undefined) await follower.between(false);
    return claimed;
  };
  ledger.lookAhead = async (...given) => {
    const read = await turns.take(() => lookAhead.apply(ledger, given));
    if (read !== undefined) await follower.between(true);
    return read;
  };
  ledger.claimBehind = async (...given) => {
    const claimed = await turns.take(() => claimBehind.apply(ledger, given));
    if (claimed !== undefined) await follower.between(false);
    return claimed;
  };
  ledger.settle = (...given) => turns.take(() => settle.apply(ledger, given));
  ledger.release = async (pass, claim, events) => {
    const isReleased = await turns.take(() => release.call(ledger, pass, claim, events));
    follower.givesBack(events.map(({ seq }) => seq));
    return isReleased;
  };
  ledger.redactedOf = async (pass, claim, events) => {
    const redacted = await turns.take(async () => {
      follower.asks(events.map(({ seq }) => seq));
      return redactedOf.call(ledger, pass, claim, events);
    });
    return redacted;
  };
}
