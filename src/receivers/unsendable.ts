import { isUtf8 } from 'node:buffer';
import type { OutboundEvent } from '../dispatch/ports.js';

/** Whether the bytes of an event are JSON, whatever else keeps it from being sent. */
export function isJsonText({ bytes, isJson, undeliverable }: OutboundEvent): boolean {
  if (isJson === true && undeliverable === null) return true;
  return isUtf8(bytes) && jsonFault(bytes) === undefined;
}

/**
 * Why no receiver that speaks JSON can be given this event, or undefined. The
 * journal keeps whatever a machine once wrote; bare `NaN`, for one, would make
 * the whole request body unreadable.
 */
export function unsendableAsJson(event: OutboundEvent): string | undefined {
  if (event.undeliverable !== null) return event.undeliverable;
  if (event.isJson === true) return undefined;
  if (!isUtf8(event.bytes)) return 'the payload is not valid UTF-8, and so not valid JSON';
  const fault = jsonFault(event.bytes);
  return fault === undefined ? undefined : `the payload is not valid JSON: ${fault}`;
}

/**
 * Read as Latin-1 because it is a third faster and as strict: all that JSON
 * says is ASCII, and that the rest is UTF-8 is known by now.
 */
function jsonFault(bytes: Buffer): string | undefined {
  try {
    JSON.parse(bytes.toString('latin1'));
    return undefined;
  } catch {
    return bareLiteral(bytes.toString('latin1')) ?? 'it cannot be parsed';
  }
}

/** V8's own message quotes the payload, which may be private; this names only the usual culprit. */
function bareLiteral(text: string): string | undefined {
  const outsideStrings = text.replace(/"(?:[^"\\]|\\.)*"/gs, '""');
  const literal = /-?\b(?:NaN|Infinity)\b/.exec(outsideStrings)?.[0];
  return literal === undefined ? undefined : `it holds a bare ${literal}, which JSON does not have`;
}
