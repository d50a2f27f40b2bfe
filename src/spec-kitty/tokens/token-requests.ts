import { VERSION } from '../../version.js';
import type { AskForTokens } from './token-port.js';

/** How a process asks a server for tokens: over HTTP, loaded when it is first done. */
export function tokenRequests(
  env: NodeJS.ProcessEnv,
  caFile: string | undefined,
  deadlineMs?: number,
): AskForTokens {
  return async (request) => {
    const { askForTokens } = await import('../receiver/token-client.js');
    const transport = {
      env,
      ...(caFile === undefined ? {} : { caFile }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    };
    return askForTokens(request, { transport, version: VERSION });
  };
}
