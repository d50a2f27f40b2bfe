import { type Adapt, composeBody, FRAME_BYTES, wireSize } from '../request-body.js';
import { unsendableAsJson } from '../unsendable.js';
import type { RequestFormat } from './format.js';

/** What some receivers want changed in events that travel bare. */
export interface Adaptation {
  readonly bytes: Adapt;
  /** How many bytes it can add to one. */
  readonly growth: number;
}

/** `{"events":[…]}` (docs/receivers.md, "batch"). */
export function batchFormat(adapt?: Adaptation): RequestFormat {
  return {
    isSingle: false,
    isCompressible: true,
    frameBytes: FRAME_BYTES,
    owns: () => false,
    compose: (batch) => ({
      body: composeBody(batch, adapt?.bytes),
      headers: { 'Content-Type': 'application/json' },
    }),
    wireSize: (event) => wireSize(event) + (event.carriesOwnId ? (adapt?.growth ?? 0) : 0),
    unsendable: unsendableAsJson,
  };
}
