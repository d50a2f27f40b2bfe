import type { Outcome } from '../../src/dispatch/ports.js';

/** What the ledger should say of one event at one target, kept without any database. */
export interface ModelDelivery {
  status: string;
  attempts: number;
  rejections: number;
  generation: number;
}

const STATUS_OF: Readonly<Record<Outcome['kind'], string>> = {
  success: 'success',
  duplicate: 'duplicate',
  pending: 'pending',
  rejected: 'rejected',
  transient: 'failed_transient',
  terminal_failed: 'terminal_failed',
};

const DELIVERED = ['success', 'duplicate'];

/** One target as the simplest bookkeeping would have it. */
export class TargetModel {
  readonly deliveries = new Map<number, ModelDelivery>();
  /** Events an operator wants delivered again. */
  readonly replayed = new Set<number>();
  /** How earlier generations ended: one entry for each. */
  readonly history: string[] = [];
  readonly inFlight = new Set<number>();
  /** Events that got an outcome in the pass that runs now. */
  readonly doneInPass = new Set<number>();

  /** One verdict on one event that is in flight. */
  judge(seq: number, kind: Outcome['kind']): void {
    this.inFlight.delete(seq);
    this.doneInPass.add(seq);
    const before = this.#current(seq);
    if (before !== undefined && DELIVERED.includes(before.status)) return;
    this.deliveries.set(seq, {
      status: STATUS_OF[kind],
      attempts: (before?.attempts ?? 0) + 1,
      rejections: (before?.rejections ?? 0) + (kind === 'rejected' ? 1 : 0),
      generation: before?.generation ?? 1,
    });
  }

  /** The next holder of the lock finds what a crash left in flight, before its pass begins. */
  recover(): void {
    for (const seq of [...this.inFlight]) this.judge(seq, 'transient');
    this.doneInPass.clear();
  }

  isDelivered(seq: number): boolean {
    return DELIVERED.includes(this.deliveries.get(seq)?.status ?? '');
  }

  #current(seq: number): ModelDelivery | undefined {
    const known = this.deliveries.get(seq);
    if (known === undefined || !this.replayed.delete(seq)) return known;
    this.history.push(`${seq} ${known.generation} ${known.status}`);
    return { status: 'none', attempts: 0, rejections: 0, generation: known.generation + 1 };
  }
}
