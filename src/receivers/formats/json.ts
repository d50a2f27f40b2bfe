import { partsOf } from '../../config/request-frame.js';
import { unsendableAsJson } from '../unsendable.js';
import type { FormatGiven, RequestFormat } from './format.js';
import { ItemFrame } from './frame.js';

const COMMA = Buffer.from(',');

/** A JSON list of the events, in a body that the operator gives (docs/receivers.md, "json"). */
export function jsonFormat({ settings }: FormatGiven): RequestFormat {
  const { body = '{{events}}', item, contentType = 'application/json' } = settings;
  const [before = '', , after = ''] = partsOf(body);
  const head = Buffer.from(`${before}[`);
  const tail = Buffer.from(`]${after}`);
  const frame = item === undefined ? undefined : new ItemFrame(item);
  return {
    isSingle: false,
    isCompressible: true,
    // The last event needs no comma.
    frameBytes: head.length + tail.length - COMMA.length,
    owns: () => false,
    compose: (batch) => {
      const items = batch.flatMap((event, i) => [
        ...(i === 0 ? [] : [COMMA]),
        ...(frame?.pieces(event, event.bytes) ?? [event.bytes]),
      ]);
      return {
        body: Buffer.concat([head, ...items, tail]),
        headers: { 'Content-Type': contentType },
      };
    },
    wireSize: (event) => event.size + (frame?.size(event) ?? 0) + COMMA.length,
    unsendable: unsendableAsJson,
  };
}
