import { expect } from 'chai';
import type { Outcome } from '../../src/dispatch/ports.js';
import {
  type DeliveryState,
  nextGeneration,
  transition,
  type Verdict,
} from '../../src/ledger/transition.js';

const REJECTED: Outcome = { kind: 'rejected', reason: 'bad lane' };
const TRANSIENT: Outcome = { kind: 'transient', reason: 'status 500' };

describe('the transition of a delivery', () => {
  it('completes on success and on duplicate', () => {
    for (const kind of ['success', 'duplicate'] as const) {
      const state = transition(undefined, verdict({ kind }));
      expect(state).to.include({
        status: kind,
        attemptCount: 1,
        acceptedAt: 5_000,
        completedAt: 5_000,
        nextAttemptAt: null,
        lastError: null,
      });
    }
  });

  it('counts rejections, but not transient failures, as rejections', () => {
    const rejected = transition(undefined, verdict(REJECTED));
    expect(rejected).to.include({ status: 'rejected', rejectionCount: 1, lastError: 'bad lane' });
    const failed = transition(rejected, verdict(TRANSIENT));
    expect(failed).to.include({ status: 'failed_transient', rejectionCount: 1, attemptCount: 2 });
    expect(transition(failed, verdict(REJECTED)).rejectionCount).to.equal(2);
  });

  it('keeps a pending event selectable, and the moment it was accepted', () => {
    const pending = transition(undefined, verdict({ kind: 'pending', serverState: 'queued' }));
    expect(pending).to.include({
      status: 'pending',
      acceptedAt: 5_000,
      serverDrainState: 'queued',
    });
    expect(pending.nextAttemptAt).to.be.greaterThan(5_000);
    const done = transition(pending, { ...verdict({ kind: 'success' }), now: 9_000 });
    expect(done).to.include({ acceptedAt: 5_000, completedAt: 9_000, serverDrainState: null });
  });

  it('never selects a terminal failure again', () => {
    const state = transition(undefined, verdict({ kind: 'terminal_failed', reason: 'too large' }));
    expect(state).to.include({ status: 'terminal_failed', nextAttemptAt: null });
  });

  it('lets no later outcome undo a delivery', () => {
    const delivered = transition(undefined, verdict({ kind: 'success' }));
    const late: Outcome[] = [
      { kind: 'success' },
      { kind: 'duplicate' },
      { kind: 'pending', serverState: 'queued' },
      REJECTED,
      TRANSIENT,
      { kind: 'terminal_failed', reason: 'x' },
    ];
    for (const outcome of late) expect(transition(delivered, verdict(outcome))).to.equal(delivered);
  });

  it('starts a new generation with nothing but its number', () => {
    const delivered = transition(undefined, verdict({ kind: 'success' }));
    const replayed = transition(nextGeneration(delivered), verdict(REJECTED));
    expect(replayed).to.include({ generation: 2, status: 'rejected', attemptCount: 1 });
    expect(replayed.completedAt).to.equal(null);
  });

  it('backs off exponentially, with jitter, up to an hour', () => {
    const waits: number[] = [];
    let state: DeliveryState | undefined;
    for (let i = 0; i < 20; i++) {
      state = transition(state, verdict(TRANSIENT));
      waits.push((state.nextAttemptAt ?? 0) - 5_000);
    }
    expect(waits.slice(0, 4)).to.deep.equal([1_000, 2_000, 4_000, 8_000]);
    expect(Math.max(...waits)).to.equal(1_800_000);
  });

  it('is due at once when the verdict was not about the event', () => {
    expect(transition(undefined, { ...verdict(TRANSIENT), dueNow: true }).nextAttemptAt).to.equal(
      5_000,
    );
  });

  it('counts no attempt for an event that was judged without being posted', () => {
    const outcome: Outcome = { kind: 'terminal_failed', reason: 'too large' };
    const state = transition(undefined, { ...verdict(outcome), posted: false });
    expect(state).to.include({ attemptCount: 0, firstAttemptedAt: null, lastAttemptedAt: null });
  });
});

function verdict(outcome: Outcome): Verdict {
  return {
    outcome,
    now: 5_000,
    posted: true,
    dueNow: false,
    httpStatus: 200,
    deploymentRef: null,
    random: () => 0.5,
  };
}
