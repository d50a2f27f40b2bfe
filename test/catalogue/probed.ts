import { resolveHome } from '../../src/config/home.js';
import { DEFAULT_SETTINGS } from '../../src/config/settings.js';
import type { TargetSettings } from '../../src/config/target-settings.js';
import { EXTERNAL } from '../../src/receivers/endpoint-kinds.js';
import type { Circumstances } from '../../src/receivers/kind.js';
import type { ProbedTarget } from '../../src/receivers/probe/probe.js';
import { externalIdentity } from '../../src/targets/identity.js';
import type { TargetRecord } from '../../src/targets/registry.js';

/** An endpoint with these settings as the probe gets it, with the receiver that a drain would have. */
export function probed(
  url: string,
  settings: TargetSettings,
  env: NodeJS.ProcessEnv = {},
  caFile?: string,
): ProbedTarget {
  const at = {
    env,
    settings: { ...DEFAULT_SETTINGS, caFile },
    paths: resolveHome({ home: '/nowhere', env: {} }),
  } as Circumstances;
  const given = { deadlineMs: 5_000, version: '0.0.0', now: () => Date.now() };
  return {
    settings,
    judgedBy: {
      url,
      ack: settings.ack ?? 'auto',
      isSigned: settings.secretEnv !== undefined,
      secrets: settings.secretEnv ?? [],
    },
    maxEventBytes: DEFAULT_SETTINGS.capture.maxEventBytes,
    open: (changed, onAnswer) => {
      const target = { ...externalIdentity(url), settings: changed } as TargetRecord;
      return EXTERNAL.receiver(target, at, { ...given, onAnswer });
    },
  };
}
