import type { AskForTokens } from '../../spec-kitty/tokens/token-port.js';
import { VERSION } from '../../version.js';

/** How a process asks a server for tokens: over HTTP, loaded when it is first done. */
export function tokenRequests(
  env: NodeJS.ProcessEnv,
  caFile: string | undefined,
  deadlineMs?: number,
): AskForTokens {
  return async (request) => {
    const { askForTokens } = await import('../../spec-kitty/receiver/token-client.js');
    const transport = {
      env,
      ...(caFile === undefined ? {} : { caFile }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    };
    return askForTokens(request, { transport, version: VERSION });
  };
}
