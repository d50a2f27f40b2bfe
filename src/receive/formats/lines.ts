import { NEWLINE } from '../../json/ascii.js';
import type { DecodedRequest } from '../formats.js';
import { parseBounded } from '../json-body.js';
import { assertCount } from '../limits.js';
import type { RequestElement } from '../received-event.js';
import { element } from './batch.js';
import { generationOf } from './fields.js';

/** Reads one JSON event from each line; lines without anything on them are left out. */
export function readLines({ headers, body, limits }: DecodedRequest): RequestElement[] {
  const generation = generationOf(headers);
  const elements: RequestElement[] = [];
  const count = { containers: 0 };
  let number = 0;
  for (let start = 0; start < body.length; number += 1) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline === -1 ? body.length : newline;
    const line = trimmed(body.subarray(start, end));
    start = end + 1;
    if (line.length === 0) continue;
    assertCount(elements.length + 1, limits);
    const data = parseBounded(line, limits, `line ${number + 1}`, count);
    elements.push(element(data, line, 'lines', generation));
  }
  return elements;
}

/** Without the blanks and the carriage return around it. */
function trimmed(line: Buffer): Buffer {
  let [start, end] = [0, line.length];
  while (start < end && isBlank(line[start])) start += 1;
  while (end > start && isBlank(line[end - 1])) end -= 1;
  return line.subarray(start, end);
}

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0d;
