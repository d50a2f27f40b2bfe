import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AppOptions, openRedrain, type Redrain } from '../../src/index.js';
import type { TargetRecord } from '../../src/targets/registry.js';
import type { EngineHomes } from '../support/each-engine.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

/** redrain as a program has it, with everything around it in the hands of the test. */
export interface GivenRedrain {
  readonly home: string;
  readonly redrain: Redrain;
  /** Takes what is drained to any target. */
  readonly receiver: ScriptedReceiver;
  /** The targets a receiver was asked for, in order. */
  readonly asked: TargetRecord[];
  readonly clock: { now: number };
}

/** `[sync]` of a home that drains to this endpoint of its operator. */
export const externalTo = (endpoint: string, more = ''): string =>
  `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\n${more}`;

export function writeConfig(home: string, toml: string): void {
  writeFileSync(join(home, 'config.toml'), toml);
}

export async function givenRedrain(
  options: AppOptions & { readonly config?: string; readonly on?: EngineHomes } = {},
): Promise<GivenRedrain> {
  const { config = externalTo('http://a.test/in'), home = temporaryHome(), on, ...rest } = options;
  writeConfig(home, config);
  const receiver = new ScriptedReceiver();
  const asked: TargetRecord[] = [];
  const clock = { now: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const redrain = await openRedrain({
    home,
    now: () => clock.now,
    random: () => 0.5,
    receiver: (target) => {
      asked.push(target);
      return receiver;
    },
    ...rest,
    env: { ...on?.env(home), ...rest.env },
  });
  closeAfterTest(() => redrain.close());
  return { home, redrain, receiver, asked, clock };
}

/** `count` envelopes with ids `PREFIX0`… */
export function envelopes(count: number, prefix = 'e'): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => ({
    event_id: `${prefix}${i}`,
    event_type: 'WPStatusChanged',
  }));
}
