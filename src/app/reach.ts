import { tlsFiles } from '../receivers/external/tls-files.js';
import type { AskHttp, Reachability } from '../receivers/reachability.js';
import type { App } from './app.js';
import type { Situation } from './situation.js';

export type { AskHttp };

const DEADLINE_MS = 5_000;

/** Asks the active target once whether it is there; undefined when it is within this process. */
export async function reach(
  app: App,
  situation: Situation,
  ask: AskHttp = overHttp(app, situation),
): Promise<Reachability | undefined> {
  const { active, kind } = situation;
  if (active.state !== 'target') return undefined;
  return kind?.reach(active.identity, situation, ask, app.now());
}

export function overHttp(app: App, { settings, active }: Situation): AskHttp {
  return async (url, headers) => {
    const { HttpClient } = await import('../receivers/http-client.js');
    const ofTarget = active.state === 'target' ? active.settings : {};
    const files = tlsFiles(ofTarget, app.paths, settings.caFile);
    const client = new HttpClient({ env: app.env, deadlineMs: DEADLINE_MS, ...files });
    try {
      return await client.request({
        method: 'GET',
        url,
        headers,
        signal: new AbortController().signal,
      });
    } finally {
      client.close();
    }
  };
}
