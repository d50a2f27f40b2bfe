import { expect } from 'chai';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import type { Cli } from '../support/cli.js';

export const PROJECT = '11111111-2222-4333-8444-555555555555';

/** Envelopes with ids `PREFIX-0001`…, spelt in ways that a re-serialisation would not keep. */
export function envelopes(count: number, prefix = 'e'): string[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `${prefix}-${String(i + 1).padStart(4, '0')}`;
    return `{"event_id": "${id}",  "event_type":"WPStatusChanged", "project_uuid":"${PROJECT}", "n":1.50, "é":"\\u00e9", "big":12345678901234567890}`;
  });
}

/** Captures these through the command line. */
export async function captured(cli: Cli, lines: readonly (string | object)[]): Promise<void> {
  const run = await cli.run(['capture', '--json', cli.file('events.jsonl', lines)]);
  expect(run.code, run.stderr).to.equal(0);
  expect(run.json<CaptureReport>().captured).to.equal(lines.length);
}

/** The environment of somebody who is signed in at whatever server is configured. */
export const SIGNED_IN = {
  SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
  SPEC_KITTY_TOKEN: 'a-token-of-the-tests',
  SPEC_KITTY_TEAM: 'the-team',
  SPEC_KITTY_USER: 'user@example.test',
} as const;

/** Sends to an endpoint of one's own from now on. */
export async function external(cli: Cli, url: string, ...more: string[]): Promise<void> {
  const run = await cli.run(['mode', 'EXTERNAL_RECEIVER', '--endpoint', url, ...more]);
  expect(run.code, run.stderr).to.equal(0);
}
