import type { OutboundEvent } from '../../dispatch/ports.js';
import { unsendableAsJson } from '../unsendable.js';
import type { FormatGiven, RequestFormat } from './format.js';
import { headerId } from './header-text.js';
import { Signer } from './signer.js';

const OWN = new Set(['webhook-id', 'webhook-timestamp', 'webhook-signature']);

/** One event a request, by Standard Webhooks 1.0 (docs/receivers.md, "webhook"). */
export function webhookFormat({ secrets, now }: FormatGiven): RequestFormat {
  const signer = new Signer(secrets);
  return {
    isSingle: true,
    isCompressible: false,
    frameBytes: 0,
    owns: (header) => OWN.has(header),
    compose([event]) {
      const { bytes } = event as OutboundEvent;
      const id = headerId((event as OutboundEvent).eventId);
      // Of this attempt: receivers refuse what is older than five minutes.
      const timestamp = String(Math.floor(now() / 1000));
      const signature = signer.signature(id, timestamp, bytes);
      const headers = {
        'Content-Type': contentType(event as OutboundEvent),
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        ...(signature !== undefined && { 'webhook-signature': signature }),
      };
      return { body: bytes, headers };
    },
    wireSize: ({ size }) => size,
    unsendable: ({ undeliverable }) => undeliverable ?? undefined,
  };
}

/** JSON, unless the bytes are none. */
export function contentType(event: OutboundEvent): string {
  return unsendableAsJson(event) === undefined ? 'application/json' : 'application/octet-stream';
}
