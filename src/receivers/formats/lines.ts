import { NEWLINE } from '../../json/ascii.js';
import { unsendableAsJson } from '../unsendable.js';
import type { FormatGiven, RequestFormat } from './format.js';
import { ItemFrame } from './frame.js';

const LINE_END = Buffer.from([NEWLINE]);
const BLANK = 0x20;
const CARRIAGE_RETURN = 0x0d;

/** One payload on each line, or what `item` makes of it (docs/receivers.md, "lines"). */
export function linesFormat({ settings }: FormatGiven): RequestFormat {
  const { item, contentType = 'application/x-ndjson' } = settings;
  const frame = item === undefined ? undefined : new ItemFrame(item);
  return {
    isSingle: false,
    isCompressible: true,
    frameBytes: 0,
    owns: () => false,
    compose: (batch) => ({
      body: Buffer.concat(
        batch.flatMap((event) => {
          const line = onOneLine(event.bytes);
          return [...(frame?.pieces(event, line) ?? [line]), LINE_END];
        }),
      ),
      headers: { 'Content-Type': contentType },
    }),
    wireSize: (event) => event.size + (frame?.size(event) ?? 0) + LINE_END.length,
    // What is not JSON may break its line anywhere, and would cost all that come with it.
    unsendable: unsendableAsJson,
  };
}

/**
 * The payload with blanks in place of its line breaks, which stand between the
 * tokens of JSON and never within one: in a text they are escaped.
 */
function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(NEWLINE) && !bytes.includes(CARRIAGE_RETURN)) return bytes;
  return bytes.map((byte) =>
    byte === NEWLINE || byte === CARRIAGE_RETURN ? BLANK : byte,
  ) as Buffer;
}
