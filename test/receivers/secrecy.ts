import { inspect } from 'node:util';
import { expect } from 'chai';

/** Fails when a marker shows in a value, however it is printed. */
export function expectHidden(value: unknown, marker: string): void {
  const printed = [JSON.stringify(value), inspect(value, { depth: null, showHidden: true })];
  for (const text of printed) expect(text).to.not.include(marker);
}
