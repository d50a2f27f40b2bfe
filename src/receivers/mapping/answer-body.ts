/** A JSON object out of a server's body: anything may be in it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** How a body failed to be a JSON object, for a message. */
export interface UnusableBody {
  readonly unusable: string;
}

const BYTE_ORDER_MARK = /^\uFEFF/;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a body as one JSON object; a byte order mark before it is tolerated. Never throws. */
export function readJsonObject(body: Buffer): { object: JsonObject } | UnusableBody {
  const text = body.toString('utf8').replace(BYTE_ORDER_MARK, '');
  if (text.trim() === '') return { unusable: 'the body is empty' };
  const value = parseJson(text);
  if (value === undefined) return { unusable: describeText(text) };
  if (!isJsonObject(value)) return { unusable: 'the body is JSON, but no object' };
  return { object: value };
}

/** JSON.parse with `undefined`, which no JSON text means, for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeText(text: string): string {
  return /^\s*<(!doctype|html|head|body|\?xml)/i.test(text)
    ? 'the body is a web page'
    : 'the body is not JSON';
}
