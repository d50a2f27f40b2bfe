import type { ExternalReceiverSettings } from '../../../src/receivers/external/settings.js';
import { ExternalReceiver } from '../../../src/receivers/external-receiver.js';
import { closeAfterTest } from '../../support/temporary-home.js';
import { type Script, type ScriptedServer, scriptedServer } from '../scripted-server.js';

export interface Given {
  readonly receiver: ExternalReceiver;
  readonly server: ScriptedServer;
}

/** A receiver of a loopback server that answers by a script; both end with the test. */
export async function givenReceiver(
  settings: Partial<ExternalReceiverSettings>,
  script: Script = () => ({ status: 204 }),
): Promise<Given> {
  const server = await scriptedServer(script);
  closeAfterTest(() => server.close());
  const receiver = new ExternalReceiver({
    endpoint: `${server.url}/in`,
    version: '1.2.3',
    ack: 'auto',
    transport: { env: {}, deadlineMs: 5_000 },
    ...settings,
  });
  closeAfterTest(() => receiver.close());
  return { receiver, server };
}
