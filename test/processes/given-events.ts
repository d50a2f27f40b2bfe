import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import type { Cli } from '../support/cli.js';

export const PROJECT = '11111111-2222-4333-8444-555555555555';

/** Envelopes with ids `PREFIX-0001`…, spelt in ways that a re-serialisation would not keep. */
export function envelopes(count: number, prefix = 'e'): string[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `${prefix}-${String(i + 1).padStart(4, '0')}`;
    return `{"event_id": "${id}",  "event_type":"WPStatusChanged", "project_uuid":"${PROJECT}", "n":1.50, "é":"\\u00e9", "big":12345678901234567890}`;
  });
}

/** Puts these into the journal through the library, which is quicker than one more process. */
export async function captured(cli: Cli, lines: readonly (string | object)[]): Promise<void> {
  const redrain = await openRedrain({ home: cli.home, env: cli.env });
  try {
    expect(await redrain.captureMany(lines.map(textOf))).to.include({ captured: lines.length });
  } finally {
    await redrain.close();
  }
}

const textOf = (line: string | object): string =>
  typeof line === 'string' ? line : JSON.stringify(line);

/** The environment of somebody who is signed in at whatever server is configured. */
export const SIGNED_IN = {
  SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
  SPEC_KITTY_TOKEN: 'a-token-of-the-tests',
  SPEC_KITTY_TEAM: 'the-team',
  SPEC_KITTY_USER: 'user@example.test',
} as const;

/** Sends to an endpoint of one's own from now on, as an operator's editor would say it. */
export function sendTo(cli: Cli, endpoint: string, { maxEvents = 1000 } = {}): void {
  cli.configure(
    `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\nmax_events = ${maxEvents}\n`,
  );
}
