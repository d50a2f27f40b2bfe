import { Secret } from '../../src/config/secret.js';
import type { DeliveryReceiver } from '../../src/dispatch/ports.js';
import { ExternalReceiver } from '../../src/receivers/external-receiver.js';
import { StubReceiver } from '../../src/receivers/stub-receiver.js';
import { TeamspaceReceiver } from '../../src/spec-kitty/receiver/teamspace-receiver.js';
import {
  idsIn,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
} from './scripted-server.js';

/** Answers a batch by the ids in it; null drops the connection. */
export type BatchScript = (eventIds: string[]) => ScriptedAnswer | null;

export interface ThreeReceivers {
  readonly byName: readonly (readonly [name: string, receiver: DeliveryReceiver])[];
  close(): Promise<void>;
}

const transport = { env: {}, deadlineMs: 5_000 };

/** The three receivers, each against the same script; the network ones over real sockets. */
export async function threeReceivers(script: BatchScript): Promise<ThreeReceivers> {
  const server = await scriptedServer(({ eventIds }) => {
    return script(eventIds) ?? ((socket) => socket.destroy());
  });
  const byName = [
    ['external', externalAt(server)],
    ['teamspace', teamspaceAt(server)],
    ['stub', stubWith(script)],
  ] as const;
  return {
    byName,
    close: async () => {
      for (const [, receiver] of byName) await receiver.close();
      await server.close();
    },
  };
}

function externalAt({ url }: ScriptedServer): DeliveryReceiver {
  return new ExternalReceiver({ endpoint: `${url}/in`, version: '0.0.0', transport });
}

function teamspaceAt({ url }: ScriptedServer): DeliveryReceiver {
  return new TeamspaceReceiver({
    batchUrl: `${url}/api/v1/events/batch/`,
    healthUrl: `${url}/api/v1/sync/health/`,
    token: async () => new Secret('token-of-the-three'),
    gate: async () => undefined,
    version: '0.0.0',
    transport,
  });
}

function stubWith(script: BatchScript): DeliveryReceiver {
  return new StubReceiver({
    endpoint: 'stub:',
    sinkFile: ':memory:',
    exchange: (body) => {
      const answer = script(idsIn(body));
      if (answer === null) return { failure: 'connection dropped' };
      const headers = Object.entries(answer.headers ?? {});
      return {
        status: answer.status,
        headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
        body: Buffer.from(answer.body ?? ''),
      };
    },
  });
}
